//! Word lists: which manner of speaking a word or a phrase is a mark of. English only.
//!
//! A text that is told to be in another language is not read for them, since "important" and "wer so will" are words of other
//! languages too; where one answer of a pair is such a text, the traits that rest on a list stay silent. The lists are ours,
//! drawn up by hand from common usage guides; they are small on purpose, since a rare word moves no estimate.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// What a word or phrase is a mark of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(usize)]
pub(super) enum Mark {
    Hedge,
    Certainty,
    Caveat,
    Refusal,
    Disclaimer,
    Warmth,
    Empathy,
    Humour,
    Formal,
    FirstSingular,
    FirstPlural,
    Second,
    Example,
    Source,
    Reason,
    Comparison,
    Analogy,
    Summary,
    Courtesy,
    Intensity,
    Obligation,
    Expert,
    Definition,
    Praise,
    Opener,
    Closer,
}

/// How many marks there are.
pub(super) const MARKS: usize = Mark::Closer as usize + 1;

/// Every list: its mark and its phrases, lower case, words parted by a space.
const LISTS: &[(Mark, &str)] = &[
    (
        Mark::Hedge,
        "may|might|could|maybe|perhaps|possibly|probably|likely|seems|seem|appears|appear|generally|usually|\
         typically|often|sometimes",
    ),
    (
        Mark::Certainty,
        "definitely|certainly|clearly|obviously|undoubtedly|always|never|absolutely|completely|entirely|\
         guaranteed|guarantee|without a doubt|no doubt|of course|indeed|exactly|precisely|surely|every|all|none|\
         must|will|undeniably|in fact|the fact is|proven",
    ),
    (
        Mark::Caveat,
        // What takes back or limits what was said. "But" and "although" mostly join two halves of a sentence.
        "however|note that|keep in mind|bear in mind|depending on|depends on|depend on|it depends|be aware|caution|\
         caveat|on the other hand|that said|it's important to|it is important to|it's worth|it is worth|may vary|\
         can vary|varies|unless",
    ),
    (
        Mark::Refusal,
        "i'm sorry but|i must decline|i do not feel comfortable|i don't feel comfortable|i don't know|i do not know|\
         i'm not sure|i am not sure|without more information|without more context|i'm not comfortable|\
         i am not comfortable|i'd rather not|respectfully decline|pass on this|isn't something i|is not something i|\
         not something i|can't ~|cannot ~|can not ~|i won't ~|i will not ~|unable to ~|not able to ~|\
         won't be able to ~|must respectfully decline|decline to ~|i apologize but|i don't have access|\
         i do not have access|i don't have enough|i do not have enough|i don't have information|\
         i do not have information|i don't have the ability|i do not have the ability|i don't have any information|\
         i do not have any information",
    ),
    (
        Mark::Disclaimer,
        "as an ai|as a language model|as an artificial intelligence|language model|i'm an ai|i am an ai|\
         ai assistant|ai language model|my training data|knowledge cutoff|my last update|i do not have personal|\
         i don't have personal|not a doctor|not a lawyer|not legal advice|not medical advice|not financial advice|\
         created by anthropic|trained by openai|developed by openai|as of my|real time information|real time data|\
         real time access|access to real time",
    ),
    (
        Mark::Warmth,
        "glad|happy to|wonderful|lovely|love|enjoy|amazing|fantastic|awesome|welcome|congratulations|delighted|\
         excited|exciting|beautiful|thank you|thanks|cheers|best of luck|good luck|have fun|hope|hugs|fun|delicious|\
         perfect|proud|joy|happy|caring|my dear|so sorry|here for you|proud of|take care|rooting for you|\
         hang in there|you've got this|you got this|my friend|great to|great",
    ),
    (
        Mark::Empathy,
        "i understand|understandable|sorry to hear|i'm sorry|i am sorry|feel|feeling|feelings|you're not alone|\
         you are not alone|it's okay|it's ok|that sounds|sounds like|supportive|difficult time|tough|struggling|\
         frustrating|concerns|concern|reach out|must be hard|must be difficult|must be tough|must be so|must feel|\
         must have been|here to support|support you|so sorry|here for you|hard time|overwhelming|overwhelmed|hurts|\
         grief|lonely",
    ),
    (
        Mark::Humour,
        "haha|hahaha|lol|joke|jokes|joking|kidding|pun|puns|funny|hilarious|silly|goofy|wink|laugh|laughs|\
         laughing|laughter|humor|humour|playful|cheeky|tongue in cheek|why did the|walks into a bar|punchline|\
         amusing|giggle|chuckle|witty",
    ),
    (
        Mark::Formal,
        "furthermore|moreover|thus|hence|therefore|consequently|whereas|whereby|wherein|thereby|utilize|\
         utilizes|utilizing|facilitate|facilitates|commence|regarding|pertaining|aforementioned|subsequently|\
         accordingly|nevertheless|nonetheless|notwithstanding|ensure|ensures|ensuring|provide|provides|\
         significant|significantly|various|numerous|obtain|require|requires|required|additionally|respectively|\
         in accordance|in order to|with respect to|prior to|such|upon|demonstrate|demonstrates|enhance|\
         enhances|essential|crucial|substantial|approximately|comprehensive|sufficient|individuals|appropriate",
    ),
    (Mark::FirstSingular, "i|i'm|i've|i'd|i'll"),
    (Mark::FirstPlural, "we|we're|we've|we'd|we'll|us|our|ours|ourselves|let's"),
    (Mark::Second, "you|you're|you've|you'd|you'll|your|yourself|yourselves"),
    (
        Mark::Example,
        "for example|for instance|e g|eg|such as|examples|example|including|include|includes|like this|suppose|\
         case study|consider the|illustrate|illustrates|an instance",
    ),
    (
        Mark::Source,
        "according to|studies|research|researchers|cited|citation|published|journal|survey|wikipedia|evidence|\
         findings|university|et al|data from|statistics|a study|one study|the study|a report|reports that|\
         reported that|an article|sources say|the source is|source is|reference list|sources|references|reports|\
         website|official|article|reported",
    ),
    (
        Mark::Reason,
        "because|since|therefore|due to|thus|hence|so that|as a result|reason|reasons|caused by|causes|cause|\
         leads to|lead to|leading to|results in|consequently|this means|which means|in order to|thanks to|\
         given that|owing to|allows|allowing|that's why|that is why|this is why|which is why",
    ),
    (
        Mark::Comparison,
        "than|compared|compare|comparison|whereas|versus|vs|unlike|similar|similarly|likewise|in contrast|contrast|\
         differs|difference|differences|different|better|worse|rather than|instead|as opposed to|in comparison|\
         by comparison|on the one hand",
    ),
    (
        Mark::Analogy,
        "like a|like an|like the|as if|as though|imagine|think of|just like|akin to|analogy|metaphor|metaphorically|\
         analogous|in other words|resembles|reminiscent|is like|are like|similar to|kind of like|much like|\
         similar to how|picture a|picture an|picture this|picture yourself",
    ),
    (
        Mark::Summary,
        "in summary|in conclusion|to summarize|to sum up|overall|in short|in brief|to conclude|ultimately|\
         in essence|all in all|tl dr|tldr|the bottom line|key takeaways|key takeaway|summary|conclusion|in total|\
         by following|by doing|in a nutshell|to wrap up|long story short|to recap|in closing|all told",
    ),
    (
        Mark::Courtesy,
        "please|thank|thanks|thank you|appreciate|appreciated|grateful|kindly|sincerely|regards|pleasure|\
         respectfully|you're welcome|would you like|may i|dear|excuse me|pardon",
    ),
    (
        Mark::Intensity,
        "very|really|extremely|incredibly|highly|so|too|totally|absolutely|truly|especially|particularly|quite|\
         super|remarkably|deeply|greatly|strongly|hugely|immensely|vital|critical|crucial|powerful|unique|\
         important|essential|key|major|significant",
    ),
    (
        Mark::Obligation,
        "should|must|need to|needs to|have to|has to|ought|required|remember to|make sure|ensure|be sure|\
         do not|don't|avoid|never|always|shouldn't|mustn't|it's important to|it is important to|consider",
    ),
    (
        Mark::Expert,
        "consult|consulting|professional|professionals|doctor|lawyer|attorney|therapist|physician|expert|experts|\
         healthcare provider|seek help|seek medical|legal advice|medical advice|counselor|advisor|specialist|\
         authorities|ethical|illegal|law|laws|safety|safe|safely|regulations|guidelines|privacy",
    ),
    (
        Mark::Definition,
        "is a|is an|are a|refers to|refer to|defined as|is defined|known as|means that|is called|definition|\
         stands for|is the process|also known|a type of|consists of|consist of|a form of|involves|are called|\
         so called|also called|called a|called an|called the",
    ),
    (
        Mark::Praise,
        "great question|good question|excellent question|interesting question|great choice|great idea|good idea|\
         well done|good job|great job|nice work|impressive|you're right|you are right|that's a great|that's great|\
         what a|what an|great point|good point|excellent point|smart question|wise question|love this|love that|\
         excellent choice|excellent idea|excellent work|brilliant idea|that's brilliant|brilliant question|\
         insightful question",
    ),
    (
        Mark::Opener,
        "sure|certainly|of course|great question|good question|here is|here's|here are|happy to help|i'd be happy|\
         i would be happy|glad to|no problem|okay|ok|thank you for|thanks for|hello|hi|hey|the following|let's|\
         below is|below are|welcome|as requested|i understand|dear|i can help you|happy to assist|good morning|\
         good afternoon|good evening|greetings|great choice|great idea",
    ),
    (
        Mark::Closer,
        "hope this helps|hope that helps|let me know|feel free|any questions|any other questions|further questions|\
         don't hesitate|do not hesitate|happy to help|good luck|best of luck|have a great|anything else|\
         further assistance|assist you|is there anything|would you like|i'm here|i am here|happy cooking|\
         bon appetit|if you have any|if you have more|if you have questions|if you have further|if you need any|\
         if you need more|if you need help|if you need anything|if you need further|enjoy your",
    ),
];

struct Phrase {
    mark: Mark,
    rest: Vec<&'static str>,
}

/// Phrases by their first word.
static BY_FIRST_WORD: LazyLock<HashMap<&'static str, Vec<Phrase>>> = LazyLock::new(|| {
    let mut index: HashMap<&'static str, Vec<Phrase>> = HashMap::new();
    for (mark, phrases) in LISTS {
        for phrase in phrases.split('|') {
            let mut words = phrase.split(' ').filter(|word| !word.is_empty());
            if let Some(first) = words.next() {
                index.entry(first).or_default().push(Phrase { mark: *mark, rest: words.collect() });
            }
        }
    }
    index
});

/// How often each mark occurs in a run of lower-case words.
pub(super) fn count<'a>(words: impl ExactSizeIterator<Item = &'a str>) -> [u32; MARKS] {
    let words: Vec<&str> = words.collect();
    let mut counts = [0; MARKS];
    for (at, word) in words.iter().enumerate() {
        // "I'd like a seat" likens nothing.
        if *word == "like" && at > 0 && is_who_likes(words[at - 1]) {
            continue;
        }
        for phrase in BY_FIRST_WORD.get(word).into_iter().flatten() {
            let rest = words.get(at + 1..at + 1 + phrase.rest.len());
            let is_next = |(wanted, word): (&&str, &&str)| wanted == word || *wanted == HELP && is_help(word);
            if rest.is_some_and(|rest| phrase.rest.iter().zip(rest).all(is_next)) {
                counts[phrase.mark as usize] += 1;
            }
        }
    }
    counts
}

/// Stands in a phrase for what somebody is helped with: "I can't help" refuses, "I can't come" doesn't.
const HELP: &str = "~";

fn is_help(word: &str) -> bool {
    static WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
        "help assist provide answer give write create share discuss recommend offer comply fulfill engage generate \
         access browse predict tell advise diagnose comment verify produce participate support suggest endorse \
         speculate respond"
            .split_whitespace()
            .collect()
    });
    WORDS.contains(word)
}

fn is_who_likes(word: &str) -> bool {
    matches!(word, "would" | "i" | "you" | "we" | "they" | "don't" | "to" | "who") || word.ends_with("'d")
}

/// Whether a sentence that opens with these words tells the reader to do something.
pub(super) fn opens_an_order<'a>(mut words: impl Iterator<Item = &'a str>) -> bool {
    let mut word = words.next().unwrap_or_default();
    if matches!(
        word,
        "please" | "kindly" | "then" | "next" | "finally" | "first" | "now" | "also" | "just" | "simply"
    ) {
        word = words.next().unwrap_or_default();
    }
    let next = words.next().unwrap_or_default();
    let asks = matches!(word, "do" | "don't")
        && matches!(next, "you" | "we" | "they" | "i" | "these" | "those" | "people");
    is_imperative(word) && !asks && !matches!((word, next), ("let", "me" | "us") | ("take", "care"))
}

/// Whether an order may begin with this word.
fn is_imperative(word: &str) -> bool {
    static WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
        "add apply ask avoid be begin bring build buy call check choose clean click combine compare consider cook \
         copy count create cut define determine divide do don't download draw drink drive eat enter establish \
         evaluate explore fill find focus follow get give go heat identify imagine include install keep learn let \
         limit list listen look maintain make measure mix monitor multiply offer open pay place plan practice \
         prepare press provide pull push put read remember remove repeat replace review run save search \
         select serve set share show sprinkle start stay stir stop store subtract take talk tell test think track \
         treat try turn understand update use verify visit wait wash watch wear work write allow bake boil book breathe \
         chop close confirm contact drain dry enjoy ensure expect fold grab grate hang hold invite join knead leave \
         lift line mark melt mind move name notice pack peel pick pour reach reduce rest restart rinse roll scroll scrub \
         season send shake sign simmer sit skip sleep slice soak sort spend split spread stand study switch tap thank tie \
         trim type walk whisk wipe"
            .split_whitespace()
            .collect()
    });
    WORDS.contains(word)
}

/// Words that carry grammar rather than meaning; left out where texts are compared by their content.
pub(super) fn is_function_word(word: &str) -> bool {
    static WORDS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
        "a an the and or but if then else of to in on at by for with from as is are was were be been being am do \
         does did have has had will would can could should may might must i me my we us our you your he him his she \
         her it its they them their this that these those there here what which who whom whose when where why how \
         not no so than too very just about into over under again more most some any all each few both own same \
         such only out up down off please"
            .split_whitespace()
            .collect()
    });
    WORDS.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, mark: Mark, expected: u32) {
        let words: Vec<&str> = text.split(' ').collect();
        assert_eq!(count(words.into_iter())[mark as usize], expected, "{text}");
    }

    #[test]
    fn a_phrase_counts_only_whole() {
        check("it may rain", Mark::Hedge, 1);
        check("can't help it", Mark::Refusal, 1);
        check("help can't", Mark::Refusal, 0);
        check("", Mark::Hedge, 0);
        check("i can't help with that", Mark::Refusal, 1);
        check("i can't come on friday", Mark::Refusal, 0);
        check("i'm unable to recommend one", Mark::Refusal, 1);
        check("it is like a tree", Mark::Analogy, 2);
        check("i'd like a seat", Mark::Analogy, 0);
        check("let me know if you need more", Mark::Comparison, 0);
    }

    #[test]
    fn an_order_is_told_by_how_it_opens() {
        let orders = |text: &str| opens_an_order(text.split(' '));
        for order in ["take two cups", "please send it", "then divide by three", "do not wait", "pack a hat"]
        {
            assert!(orders(order), "{order}");
        }
        for other in
            ["do you want more", "let me know", "note that", "research shows", "take care", "the book", ""]
        {
            assert!(!orders(other), "{other}");
        }
    }

    #[test]
    fn every_phrase_is_one_that_the_word_splitter_can_give() {
        for (mark, phrases) in LISTS {
            for phrase in phrases.split('|') {
                assert!(!phrase.trim().is_empty(), "{mark:?} holds an empty phrase");
                assert_eq!(phrase, phrase.to_lowercase(), "{mark:?}");
            }
        }
    }
}
