//! Replies as each API documents them, cut at every place, and requests as each takes them.

use serde_json::json;

use super::super::transport::scripted::{Reply, Scripted, Sent, Then};
use super::super::{Api, Limits, RemoteSettings, TransportError};
use super::{SECRET, prompt, remote};
use crate::model::{Generation, LanguageModel, ModelError, Sampling, Scores};
use crate::preference::{PreferencePair, Turn};
use crate::privacy::{Common, InMemory, Outcome, Outgoing, Verdict, Watch};

const OPENAI: &str = "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null},\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}\n\n\
data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Größe\"},\"finish_reason\":null}],\"usage\":null}\n\n\
: keep-alive\n\n\
data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\" 👍 \\u001b[2Jdone\",\"tool_calls\":[{\"index\":0,\"function\":{\"name\":\"fetch\",\"arguments\":\"{}\"}}]},\"finish_reason\":null}]}\n\n\
data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}],\"usage\":null}\n\n\
data: {\"id\":\"c\",\"choices\":[],\"usage\":{\"prompt_tokens\":20,\"completion_tokens\":5,\"prompt_tokens_details\":{\"cached_tokens\":8}}}\n\n\
data: [DONE]\n\n";

const ANTHROPIC: &str = "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"stop_reason\":null,\"usage\":{\"input_tokens\":12,\"cache_read_input_tokens\":8,\"cache_creation_input_tokens\":0,\"output_tokens\":1}}}\n\n\
event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n\
event: ping\ndata: {\"type\": \"ping\"}\n\n\
event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"Größe\"}}\n\n\
event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\" 👍 \\u001b[2Jdone\"}}\n\n\
event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n\
event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":5}}\n\n\
event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

const GEMINI: &str = "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"thinking\",\"thought\": true},{\"text\": \"Größe\"}],\"role\": \"model\"},\"index\": 0}],\"usageMetadata\": {\"promptTokenCount\": 20}}\r\n\r\n\
data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \" 👍 \\u001b[2Jdone\"}],\"role\": \"model\"},\"finishReason\": \"STOP\",\"index\": 0}],\"usageMetadata\": {\"promptTokenCount\": 20,\"cachedContentTokenCount\": 8,\"candidatesTokenCount\": 3,\"thoughtsTokenCount\": 2}}\r\n\r\n";

pub(super) const STREAMS: [(Api, &str); 3] =
    [(Api::OpenAi, OPENAI), (Api::Anthropic, ANTHROPIC), (Api::Gemini, GEMINI)];

fn settings(api: Api) -> RemoteSettings {
    let endpoint = match api {
        Api::OpenAi => "https://api.openai.com/v1",
        Api::Anthropic => "https://api.anthropic.com/v1",
        Api::Gemini => "https://generativelanguage.googleapis.com/v1beta",
        Api::Page => unreachable!("no server speaks it"),
    };
    RemoteSettings::new(api, endpoint, "m-1", Some(SECRET)).unwrap()
}

fn events(text: &str) -> Reply {
    Reply::new(200, "text/event-stream; charset=utf-8", text)
}

fn whole(value: serde_json::Value) -> Reply {
    Reply::new(200, "application/json", value.to_string())
}

fn generate(api: Api, replies: &[Reply]) -> (Result<Generation, ModelError>, Vec<Sent>) {
    let network = Scripted::new(replies.iter().cloned().map(Ok));
    let model = remote(network.clone(), settings(api), Limits::default());
    let sampling = Sampling { stop: vec!["\n\n".into()], top_k: 5, ..Sampling::default() };
    let answer = pollster::block_on(model.generate(&prompt("why?"), &sampling));
    (answer, network.sent())
}

fn score(api: Api, replies: &[Reply]) -> (Result<Scores, ModelError>, Vec<Sent>) {
    let network = Scripted::new(replies.iter().cloned().map(Ok));
    let model = remote(network.clone(), settings(api), Limits::default());
    let labels = ["First".to_owned(), "Second".to_owned()];
    (pollster::block_on(model.score(&prompt("which?"), &labels)), network.sent())
}

#[test]
fn any_split_gives_the_same_answer() {
    for (api, text) in STREAMS {
        for piece in (1..=text.len()).step_by(if cfg!(debug_assertions) { 7 } else { 1 }).chain([2, 3, 4, 5])
        {
            let (answer, _) = generate(api, &[Reply { piece, ..events(text) }]);
            let answer = answer.unwrap_or_else(|error| panic!("{api:?}, {piece}: {error}"));
            assert_eq!(
                (answer.text.as_str(), answer.finished),
                ("Größe 👍 [2Jdone", true),
                "{api:?} {piece}"
            );
            let usage = answer.usage;
            assert_eq!((usage.prompt_tokens, usage.cached_tokens, usage.generated_tokens), (20, 8, 5));
        }
    }
}

#[test]
fn a_stream_that_breaks_anywhere_is_no_answer() {
    for (api, text) in STREAMS {
        // Up to where the reason of the end stands, the answer is not known to be whole.
        let end = ["\"stop\"", "end_turn", "\"STOP\""].iter().find_map(|mark| text.find(mark)).unwrap();
        for cut in (0..end).filter(|cut| text.is_char_boundary(*cut)) {
            for then in [Then::End, Then::Break] {
                let broken = Reply { then, ..events(&text[..cut]) };
                let (answer, sent) = generate(api, &vec![broken; 4]);
                let error = answer.unwrap_err();
                let ModelError::Unavailable(words) = &error else { panic!("{api:?} {cut} {error}") };
                assert!(words.contains("broke off after"), "{words}");
                assert_eq!(sent.len(), 4, "{api:?} {cut}: a half stream is asked for again");
            }
        }
        let (answer, sent) =
            generate(api, &[Reply { then: Then::Break, ..events(&text[..40]) }, events(text)]);
        assert!(answer.is_ok() && sent.len() == 2);
    }
}

#[test]
fn requests_are_as_documented() {
    let sent = STREAMS.map(|(api, text)| generate(api, &[events(text)]).1.remove(0));
    let [openai, anthropic, gemini] = sent;
    let has = |sent: &Sent, name: &str, value: &str| {
        assert_eq!(sent.headers.iter().filter(|(known, _)| known == name).count(), 1);
        assert!(sent.headers.contains(&(name.into(), value.into())), "{:?}", sent.headers);
        assert!(!sent.url.contains(SECRET));
    };
    assert_eq!(openai.url, "https://api.openai.com/v1/chat/completions");
    has(&openai, "authorization", &format!("Bearer {SECRET}"));
    assert_eq!(
        openai.body,
        json!({
            "model": "m-1",
            "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "why?"}],
            "max_completion_tokens": 256, "temperature": 0.0, "stop": ["\n\n"],
            "stream": true, "stream_options": {"include_usage": true},
        })
    );
    assert_eq!(anthropic.url, "https://api.anthropic.com/v1/messages");
    has(&anthropic, "x-api-key", SECRET);
    has(&anthropic, "anthropic-version", "2023-06-01");
    has(&anthropic, "anthropic-dangerous-direct-browser-access", "true");
    assert_eq!(
        anthropic.body,
        json!({
            "model": "m-1", "max_tokens": 256, "system": "Be brief.", "stream": true,
            "messages": [{"role": "user", "content": "why?"}], "temperature": 0.0, "top_k": 5,
        })
    );
    let address = "https://generativelanguage.googleapis.com/v1beta/models/m-1:streamGenerateContent?alt=sse";
    assert_eq!(gemini.url, address);
    has(&gemini, "x-goog-api-key", SECRET);
    assert_eq!(
        gemini.body,
        json!({
            "contents": [{"role": "user", "parts": [{"text": "why?"}]}],
            "systemInstruction": {"parts": [{"text": "Be brief."}]},
            "generationConfig": {"maxOutputTokens": 256, "candidateCount": 1, "temperature": 0.0, "topK": 5,
                "stopSequences": ["\n\n"]},
        })
    );
}

/// Code that asks these APIs, as models write it: nearly everyone who asks for code has some of it in their history, and all
/// that it shares with a request is what every request has.
const CODE: [&str; 10] = [
    "axios({\n  url: \"/api/items\",\n  method: \"POST\",\n  headers: {\n    \"Content-Type\": \"application/json\",\n  },\n  body: item,\n});",
    "res.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });",
    "requests.post(url, headers={'Content-Type': 'application/json', 'Authorization': key}, json=body)",
    "POST https://api.openai.com/v1/chat/completions\nContent-Type: application/json\nAuthorization: Bearer x\n",
    "headers = {'x-api-key': key, 'anthropic-version': '2023-06-01', 'content-type': 'application/json'}",
    "-d '{\n    \"contents\": [\n      {\n        \"parts\": [\n          {\n            \"text\": \"Hi\"\n",
    "  contents: [\n    {\n      parts: [\n        { text },\n      ],\n    },\n  ],\n  generationConfig: {},\n",
    "        \"stream\": true,\n        \"temperature\": 0.0\n    }'",
    "    {\n        Content: prompt,\n        Role:    \"user\",\n    },\n},\nModel:       model,\nStream:      true,\nTemperature: 0.0,\n",
    "        \"role\": \"user\"\n      }\n    ],\n    \"model\": \"m-1\",\n    \"stream\": true,\n    \"stream_options\": {\n      \"include_usage\": true\n    },\n    \"temperature\": 0.0",
];

#[test]
fn code_that_asks_an_api_stands_in_no_requests_way() {
    let asked = STREAMS.map(|(api, text)| generate(api, &[events(text)]).1);
    let judged = STREAMS.map(|(api, _)| score(api, &[whole(json!({}))]).1);
    for Sent { url, headers, body } in asked.into_iter().chain(judged).flatten() {
        // The guard sees no key.
        let headers: Vec<_> = headers.into_iter().filter(|(_, value)| !value.contains(SECRET)).collect();
        let body = body.to_string();
        for code in CODE {
            let pair = PreferencePair::new(vec![Turn::user("How do I ask it?")], code, "With a library.");
            let guard = InMemory::new(Common::shipped([]), [&pair]);
            let outgoing = Outgoing { url: &url, headers: &headers, body: body.as_bytes(), live: None };
            assert_eq!(pollster::block_on(guard.check(&outgoing)), Verdict::Pass, "{url} {body}\n{code}");
        }
    }
}

#[track_caller]
fn scored(api: Api, replies: &[Reply], first_less_second: f32, requests: usize) -> Vec<Sent> {
    let (scores, sent) = score(api, replies);
    let scores = scores.unwrap().log_probabilities;
    assert!((scores[0] - scores[1] - first_less_second).abs() < 1e-3, "{scores:?}");
    assert_eq!(sent.len(), requests);
    sent
}

#[test]
fn labels_are_scored_from_the_first_token_where_it_is_told() {
    let openai = whole(json!({"choices": [{"index": 0, "finish_reason": "length",
        "message": {"role": "assistant", "content": "First", "refusal": null},
        "logprobs": {"content": [{"token": "First", "logprob": -0.2, "bytes": [70], "top_logprobs": [
            {"token": "First", "logprob": -0.2, "bytes": [70]}, {"token": " Second", "logprob": -2.2, "bytes": []},
            {"token": "The", "logprob": -9.0, "bytes": []}]}]}}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 1}}));
    let sent = scored(Api::OpenAi, &[openai], 2.0, 1);
    assert_eq!((&sent[0].body["logprobs"], &sent[0].body["top_logprobs"]), (&json!(true), &json!(20)));
    let gemini = whole(json!({"candidates": [{"content": {"parts": [{"text": "Second"}], "role": "model"},
        "finishReason": "MAX_TOKENS", "logprobsResult": {"topCandidates": [{"candidates": [
            {"token": "Second", "tokenId": 1, "logProbability": -0.1},
            {"token": "first", "tokenId": 2, "logProbability": -3.1}]}]}}]}));
    scored(Api::Gemini, &[gemini], -3.0, 1);
}

#[test]
fn labels_are_asked_for_where_no_probabilities_are_told() {
    let tool = whole(json!({"type": "message", "content": [
        {"type": "tool_use", "id": "t", "name": "answer", "input": {"answer": "Second"}}],
        "stop_reason": "tool_use", "usage": {"input_tokens": 9, "output_tokens": 9}}));
    let sent = scored(Api::Anthropic, &[tool], -2.0, 1);
    assert_eq!(sent[0].body["tool_choice"], json!({"type": "tool", "name": "answer"}));
    // The model would begin with another word, so its probabilities say nothing.
    let other = whole(json!({"choices": [{"message": {"content": "The"}, "finish_reason": "length",
        "logprobs": {"content": [{"token": "The", "logprob": 0.0, "top_logprobs": [{"token": "The", "logprob": 0.0}]}]}}]}));
    let said = whole(
        json!({"choices": [{"message": {"content": "{\"answer\": \"First\"}"}, "finish_reason": "stop"}]}),
    );
    scored(Api::OpenAi, &[other, said.clone()], 2.0, 2);
    // The endpoint refuses one thing after the other.
    let refused = |what: &str| {
        Reply::new(
            400,
            "application/json",
            json!({"error": {"message": format!("{what} is not supported")}}).to_string(),
        )
    };
    let sent = scored(
        Api::OpenAi,
        &[refused("logprobs"), refused("response_format"), refused("temperature"), said],
        2.0,
        4,
    );
    let last = sent[3].body.as_object().unwrap();
    assert!(["logprobs", "response_format", "temperature"].iter().all(|name| !last.contains_key(*name)));
    let nothing =
        whole(json!({"choices": [{"message": {"content": "both are fine"}, "finish_reason": "stop"}]}));
    scored(Api::OpenAi, &[refused("logprobs"), nothing], 0.0, 2);
}

#[track_caller]
fn fails(api: Api, reply: Reply, expected: &str) {
    let (answer, _) = generate(api, &[reply]);
    let told = answer.unwrap_err().to_string();
    assert!(told.contains(expected), "{told}");
}

#[test]
fn what_is_no_answer_says_so() {
    let choice = |content: &str, reason: &str| {
        whole(json!({"choices": [{"message": {"content": content}, "finish_reason": reason}]}))
    };
    fails(Api::OpenAi, choice("", "stop"), "answered nothing");
    fails(Api::OpenAi, choice("<think>hm", "length"), "cut off by the limit");
    fails(Api::OpenAi, choice("", "content_filter"), "declined to answer: \"content_filter\"");
    let refused =
        json!({"choices": [{"message": {"content": null, "refusal": "I can't"}, "finish_reason": "stop"}]});
    fails(Api::OpenAi, whole(refused), "declined to answer: \"I can't\"");
    fails(Api::OpenAi, whole(json!({"choices": []})), "lacks choices");
    fails(Api::OpenAi, whole(json!({"choices": "x"})), "lacks a choice of the expected kind");
    fails(Api::OpenAi, Reply::new(200, "text/html", "<html>"), "not JSON at byte 0");
    fails(Api::OpenAi, Reply::new(200, "application/json", b"{\"a\": \"\xff\"}".to_vec()), "not UTF-8");
    fails(Api::Anthropic, whole(json!({"type": "message"})), "lacks content");
    let block = json!({"promptFeedback": {"blockReason": "SAFETY"}});
    fails(Api::Gemini, whole(block), "declined to answer: \"SAFETY\"");
    let overloaded = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    let (answer, sent) = generate(Api::Anthropic, &[events(overloaded), events(ANTHROPIC)]);
    assert!(answer.is_ok() && sent.len() == 2);
    // How much it takes is the server's to say: what we were told of it is wrong then.
    let long = "request (214 tokens) exceeds the available context size (128 tokens)";
    let reply = json!({"error": {"type": "exceed_context_size_error", "message": long}}).to_string();
    fails(
        Api::OpenAi,
        Reply::new(400, "application/json", reply),
        &format!("{long}\"; choose a model that takes longer"),
    );
}

#[test]
fn a_refusal_by_the_browser_names_both_causes() {
    let network = Scripted::new(vec![Err(TransportError::Broken("Failed to fetch".into())); 4]);
    let settings = RemoteSettings::new(Api::OpenAi, "http://localhost:11434/v1", "m", None).unwrap();
    let model = remote(network, settings, Limits::default());
    let error = pollster::block_on(model.generate(&prompt("why?"), &Sampling::default())).unwrap_err();
    let words = error.to_string();
    for part in ["http://localhost:11434 could not be reached", "CORS", "OLLAMA_ORIGINS"] {
        assert!(words.contains(part), "{words}");
    }
}

#[test]
fn a_reply_that_hangs_ends_by_its_time() {
    let hang = Reply { then: Then::Hang, ..events(&OPENAI[..100]) };
    // Twice and no more: each time took a minute.
    let network = Scripted::new(vec![Ok(hang); 2]);
    let model = remote(network.clone(), settings(Api::OpenAi), Limits::default());
    let error = pollster::block_on(model.generate(&prompt("why?"), &Sampling::default())).unwrap_err();
    assert!(error.to_string().contains("took longer than 60 s to go on with its reply"), "{error}");
    let entries = model.egress().ledger().entries();
    assert_eq!(entries.len(), 2);
    assert!(matches!(&entries[0].outcome, Outcome::Broken { status: Some(200), bytes: 100, .. }));
}
