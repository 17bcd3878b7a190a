// Texts that tokenizers get wrong, each for a reason of its own; ours, written for this.

import { createHash } from "node:crypto";

const specials = [
  "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<repo_name>", "<reponame>", "<file_sep>", "<filename>", "<gh_stars>",
  "<issue_start>", "<issue_comment>", "<issue_closed>", "<jupyter_start>", "<jupyter_text>", "<jupyter_code>",
  "<jupyter_output>", "<jupyter_script>", "<empty_output>",
];

export const corpus = [
  "",
  " ",
  "\n",
  "a",
  "Hello, world!",
  "The quick brown fox jumps over the lazy dog.",
  // Contractions in every case, with both apostrophes, and where they are none.
  "I'm you're he's we'll they'd I've don't can't it's",
  "I'M YOU'RE HE'S WE'LL THEY'D I'VE DON'T CAN'T IT'S",
  "I'm You'Re hE'S wE'lL tHeY'd i'Ve dOn'T 'tis 'Twas rock'n'roll o'clock",
  "I’m you’re he’s we’ll don’t ‘quoted’ “double”",
  "'s 't 're 've 'm 'll 'd ''s 's's s's'",
  "'\u017f '\u212a 'ſ K's'LL'll'lL",
  // Numbers: smollm and qwen2 split each digit, llama-bpe by threes, gpt-2 not at all.
  "0 1 12 123 1234 12345 123456 1234567890",
  "3.14159 -42 1e-9 0xDEADBEEF 1_000_000 10,000.00 50% 2nd 3rd x86_64 v1.2.3-rc4",
  "price: 12€ 5£ 1000¥ ₹99 ½ ¼ ¾ ² ³ ⅷ Ⅻ ① ⑳ ㊿",
  "١٢٣٤٥ ۱۲۳ १२३ ๑๒๓ １２３ 𝟙𝟚𝟛 𝟏𝟐 一二三",
  "a1b2c3 1a2b3c 12ab34cd tel:+49(0)30/123-456",
  "a  1 a   12 a\t3  4\n5",
  // Spaces: runs, ends, tabs, newlines of every kind.
  "  two  three   four    five     six      seven       eight        ",
  " leading", "trailing ", "  both  ", "a b  c   d    e",
  "\ttab\t\ttwo\t\t\tthree\t", "mixed \t \t spaces\t and\t  tabs  \t",
  "line\nline\n\nline\n\n\nline\n\n\n\n", "crlf\r\ncrlf\r\n\r\ncrlf\r\rcr\n\rodd\r",
  "\n \n  \n\t\n \t \n", "end of line  \n  start of line", "   \n\n   x", "x   \n\n   ", " \n", "\n ", "\r\n ", "a \r\n b",
  "a\u00a0b\u2003c\u3000d\u2028e\u2029f\u0085g\u1680h\u202fi\u205fj", "\u00a0\u00a0 \u3000\u3000x", "\u000b\u000c\u001c\u001d\u001e\u001f",
  " ".repeat(1), " ".repeat(2), " ".repeat(3), " ".repeat(17), " ".repeat(64), " ".repeat(200) + "x" + " ".repeat(300),
  "\n".repeat(50), "\t".repeat(33), "\r\n".repeat(20), " \n".repeat(25),
  // Control characters, among them bytes that the vocabulary lacks.
  Array.from({ length: 32 }, (_, code) => String.fromCharCode(code)).join(""),
  Array.from({ length: 33 }, (_, code) => `x${String.fromCharCode(code)}y`).join(" "),
  "\u007f\u0080\u0081\u0090\u009f\u00ad", "a\u0000b\u0000\u0000c", "\u0004\u0006\u0013\u0014\u0016\u001d",
  "\ufeffwith a byte order mark", "\ufffd\ufffd \ufffe \uffff \ufdd0",
  // Zero width, direction marks, joiners, variation selectors, soft hyphens.
  "zero\u200bwidth\u200cnon\u200djoiner\u2060word\ufeffjoiner", "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
  "soft\u00adhy\u00adphen a\ufe0f ☺\ufe0e ☺\ufe0f ㊗\ufe0f",
  // Combining marks, composed and not.
  "café cafe\u0301 naïve nai\u0308ve Å A\u030a Ω \u2126", "Z̴̡͈̎a̵͖̚l̷̪͝g̶͓͌o̸͇͊ t̴e̵x̶t̷", "\u0301 \u0301\u0301 a\u0301\u0302\u0303 1\u0301 .\u0301",
  "İstanbul ıssız STRASSE straße ŉ ǆ ﬁ ﬂ ﬃ",
  // Scripts.
  "Привет, мир! Съешь же ещё этих мягких французских булок.", "Γειά σου Κόσμε· η γρήγορη αλεπού", "שלום עולם, מה שלומך? בְּרֵאשִׁית",
  "مرحبا بالعالم، كيف حالك؟ السَّلَامُ عَلَيْكُمْ ١٢٣", "نستعلیق می‌خواهم فارسی", "नमस्ते दुनिया, क्षत्रिय क्‍ष क्षि", "สวัสดีชาวโลก ภาษาไทยไม่มีช่องว่าง",
  "你好，世界！我喜欢简短的回答。", "繁體中文與简体中文混排，English和数字123。", "日本語のテキスト、カタカナとひらがな。ﾊﾝｶｸ", "안녕하세요 세계! 한국어 ㅋㅋㅋ ᄒᆞᆫ글",
  "Xin chào thế giới, tiếng Việt có dấu", "ქართული ენა, Հայերեն, አማርኛ, ខ្មែរ, မြန်မာ, ᏣᎳᎩ, ᐃᓄᒃᑎᑐᑦ", "𐍈𐌰𐌹 𓀀𓁐 𝔉𝔯𝔞𝔨𝔱𝔲𝔯 𝒮𝒸𝓇𝒾𝓅𝓉 𠀀𠮷 𪚥",
  // Emoji: plain, with skin, families, flags, keycaps, tags; unassigned planes.
  "😀 😂🤣 👍 ❤️ 🔥🔥🔥", "👩‍👩‍👧‍👦 👨🏽‍💻 🏳️‍🌈 🧑🏿‍🤝‍🧑🏻", "🇩🇪🇯🇵🇺🇸 🏴󠁧󠁢󠁳󠁣󠁴󠁿 1️⃣ #️⃣ *️⃣", "ok😀ok 1😀2 .😀. \n😀\n", "\u{e000}\u{f8ff}\u{f0000}\u{10fffd} \u{40000}\u{80000} \u{3ffff}",
  // Punctuation and symbols.
  "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "!!! ??? ... --- ___ === *** ~~~ ### $$$ %%% ^^^ &&& ((())) [[]] {{}} <<>>", "a.b,c;d:e!f?g-h_i/j\\k|l",
  "…—–‐•·«»‹›„“”‚‘’§¶†‡°±×÷≠≤≥≈∞∑∫√∂∆→←↔⇒∀∃∈∉∪∩", "©®™℃℉№℡ €£¥₿ ♠♥♦♣ ★☆ ✓✗ ■□▲△", " !\n ?\r\n .\t ,", "hello!\n\nworld?\r\n\r\nyes... \n", "x=1;y=2;//z\n/* c */",
  // Code.
  "fn main() {\n    let x: Vec<u8> = vec![0; 16];\n    println!(\"{x:?}\");\n}\n", "def f(a, b=None, *args, **kwargs):\n\treturn [i ** 2 for i in range(10) if i % 2]\n",
  "for (int i = 0; i < n; ++i) { a[i] += b[i] * c->d; }\r\n", "<div class=\"x\" id='y'>&nbsp;<br/></div><!-- c -->", "SELECT * FROM t WHERE a >= 1 AND b LIKE '%x%';",
  "{\"key\": [1, 2.5, null, true], \"nested\": {\"a\": \"b\\n\"}}", "$ git commit -m \"fix: it's done\" && ls -la | grep '^d' > /dev/null 2>&1", "https://example.org/a/b?c=d&e=f#g user@example.org C:\\Users\\x",
  "camelCase PascalCase snake_case SCREAMING_SNAKE kebab-case dot.case XMLHttpRequest iOS eBay McDonald", "\\frac{a}{b} \\sum_{i=0}^{n} $x^2$ $$\\int_0^1$$",
  "| a | b |\n|---|---|\n| 1 | 2 |\n\n# Title\n\n- item\n  - nested\n1. one\n> quote\n`code` **bold** _it_",
  // Long words, and repetition.
  "a".repeat(500), "ab".repeat(300), "é".repeat(100), "\u4e00".repeat(100), "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
  "aAaAaAbBbB".repeat(20), "the ".repeat(100), "0".repeat(100), "😀".repeat(40), "=".repeat(100), "-".repeat(101) + "\n", ".".repeat(77), "_".repeat(65),
  // Special tokens: whole, in text, broken, nested, in other case.
  ...specials, specials.join(""), specials.join(" "), specials.map((token) => `before${token}after`).join("\n"),
  "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\n1+1?<|im_end|>\n",
  "<|im_start|", "|im_start|>", "< |im_start|>", "<|IM_START|>", "<|im_<|im_start|>start|>", "<<|im_end|>>", "<|im_end|><|im_end|>  <|im_end|>\n<|im_end|>", "<repo_name><reponame><repo<reponame>name>",
  "[INST] <s> </s> <unk> <pad> <|eot_id|> <start_of_turn> <0x0A>",
];

// For gemma3: its marks, its runs of newlines, spaces and tabs, its HTML tags (tokens wherever they occur), and the
// character that stands for a space in SentencePiece's texts.
const gemmaMarks = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>", "<start_of_image>", "<end_of_image>", "[multimodal]", "<unused0>", "<unused6241>"];

export const gemmaCorpus = [
  ...gemmaMarks, gemmaMarks.join(""), gemmaMarks.join(" "), gemmaMarks.map((mark) => `before${mark}after`).join("\n"),
  "<start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n", "<bos><start_of_turn>user\n\n\n  Hi  there<end_of_turn>\n",
  "<start_of_turn", "start_of_turn>", "<<end_of_turn>>", "<START_OF_TURN>", "<unused1><unused10><unused100>0>", "<unused99999>",
  "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td> b </td></tr></tbody></table>", "<s>struck</s> <b><i>x</i></b> <br> <p></p> </div></div>",
  "<h1>t</h1>\n<h7>u</h7><li><ul><li>", "<a href=\"x\">y</a><code>z</code>",
  ...[1, 2, 3, 30, 31, 32, 33, 61, 62, 63, 64, 100].flatMap((count) => ["\n", " ", "\t"].map((c) => c.repeat(count))),
  "a" + " ".repeat(40) + "b" + "\n".repeat(40) + "c" + "\t".repeat(40) + "d", " \n \n  \n\t\n\n  \t \t\t",
  "\u2581", "\u2581\u2581\u2581", "a\u2581b \u2581 c", " \u2581x", "\u2581the \u2581the", "<0x0A>", "<0x41><0xFF>", "\u0000\u0001\u007f\u0080\u00ff",
  "Die Donaudampfschifffahrtsgesellschaftskapitänsmütze liegt im Schrank.", "the the  the   thethe The THE",
];

// For Mistral's and Phi's: their marks with spaces on either side, which some swallow, and words that are cut by case.
const chatMarks = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]", "[TOOL_CALLS]", "<|endoftext|>", "<|assistant|>", "<|system|>", "<|end|>", "<|user|>"];

export const mistralCorpus = [
  ...chatMarks, chatMarks.join(""), chatMarks.join(" "), chatMarks.join("\n \t"), chatMarks.map((mark) => `before ${mark} after`).join("\n"),
  "<s>[INST] Hi there [/INST] Hello!</s>[INST]again[/INST]", "<s> [INST]  two [/INST]\n\nthree </s>",
  "<|system|>\nBe brief.<|end|>\n<|user|>\n  Hi  there<|end|>\n<|assistant|>\n", "<|user|>\u00a0x<|end|>\u3000y<|user|>\r\n\v\f z",
  "<|end|>   ", "<|end|> <|end|> <|user|>", "</s> x</s>\n</s>", "<s> x<unk>  y<|endoftext|>\n", "<|user", "user|>", "[INST", "[/INST][INST]",
  "camelCase XMLHttpRequest ABéCD éÉcole ÉCOLE École aÉb iPhoneX HTTPServer2Go McDONALD", "a/b//c\n/d !\n/ ?/\r\n// ./\n\n/", "DON'T don't Don'T I'LL've it's'll",
  "日本語Text文字ABC ПриветМИР мир Привет", "ǅǆ ªº ʰʷ a\u0301B\u0301c", "12 3456 ½x ²a A1b2", "\u2581", "a\u2581b \u2581 c", " \u2581x", "<0x0A>", "<0x41><0xFF>",
];

// Every character of the planes that have any, each in contexts that tell letters, numbers, spaces and the rest
// apart, in one text: a hash of the tokens for each plane.
const planes = [0, 1, 2, 3, 14];
const inContexts = (c) => `a${c}b ${c}${c}1 ${c}\n${c}'${c}S  ${c}`;
export function everyCharacter(model) {
  return planes.map((plane) => {
    const hash = createHash("sha256");
    for (let code = plane << 16; code < (plane + 1) << 16; code++) {
      if (code >= 0xd800 && code < 0xe000) continue;
      const tokens = Array.from(model.tokenize(inContexts(String.fromCodePoint(code)), false));
      hash.update(Buffer.from(Uint32Array.from([tokens.length, ...tokens]).buffer));
    }
    return { plane, sha256: hash.digest("hex") };
  });
}
