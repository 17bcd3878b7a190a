//! A history of texts that must not leave, in many scripts, and a guard of it.

use std::collections::HashMap;
use std::task::{Context, Poll, Waker};

use likeness::preference::{PairId, PreferencePair, Turn};
use likeness::privacy::{Common, Guard, Kept, Outgoing, Texts, Verdict};

pub const ENGLISH: &str = "My sister Ottilie keeps three elderly hedgehogs behind the bakery, and every second Thursday \
    she reads them the harbour news aloud because she believes that they miss the ocean where our father used to \
    repair the lanterns of small fishing boats before the great storm took his workshop away.";
pub const GERMAN: &str = "Über die Brücke fährt frühmorgens der müde Bäcker mit seinem grünen Fahrrad, während die Möwen schreien.";
pub const RUSSIAN: &str =
    "Моя бабушка Пелагея каждую осень солит рыжики в дубовой бочке и никому не рассказывает рецепт.";
pub const GREEK: &str =
    "Η γιαγιά μου φυλάει τις παλιές φωτογραφίες μέσα σε ένα ξύλινο κουτί δίπλα στο παράθυρο.";
pub const CHINESE: &str = "我外婆在老屋后院种了七棵石榴树，每年秋天都把最红的果子留给邻居家的哑巴木匠。";
pub const JAPANESE: &str = "祖母は毎朝カタカナで日記を書き、誰にも見せずに古い箪笥の奥へ隠していました。";
pub const THAI: &str = "คุณยายของฉันเก็บจดหมายรักเก่าไว้ในกล่องขนมปังสีฟ้าใต้บันไดไม้หลังบ้าน";
pub const ARABIC: &str =
    "كانت جدتي تخبئ مفتاح الصندوق القديم تحت شجرة الزيتون خلف بيت الجيران منذ سنوات طويلة";
pub const KOREAN: &str =
    "우리 할머니는 매일 새벽마다 낡은 라디오를 들으며 고양이 일곱 마리에게 생선을 나누어 주신다";
pub const HINDI: &str = "मेरी नानी हर सुबह पुराने कुएँ के पास बैठकर पड़ोस के बच्चों को परियों की कहानियाँ सुनाती हैं";
pub const CODE: &str = "fn ferret_count(barn: &Barn) -> usize { let mut seen = HashSet::new(); for cage in barn.cages() { seen.insert(cage.owner_badge ^ 0x5f3a); } seen.len() * 3 + 17 }";
pub const EMOJI: &str = "🦔🍞🌊🎣🏮⛵🦑🐙🧭🪵🔥🦔🦔🍞🎣🌙🏮🧁🥨🦉🌲🌧🪁🧵🪡🍯🐝🦋🌾🍂🥧🧺🫖🕯🗝🚪🪟🛶🪶🦢🐌🍄";
pub const NOTE: &str =
    "I picked this one since my cardiologist Doctor Wibberley said that I must avoid long lists.";

pub struct Store(pub HashMap<PairId, Kept>);

impl Texts for Store {
    async fn pairs(&self, ids: &[PairId]) -> Vec<Kept> {
        ids.iter().filter_map(|id| self.0.get(id).cloned()).collect()
    }

    async fn conversation(&self, id: &str) -> Vec<Kept> {
        self.0.values().filter(|kept| kept.went.as_ref().is_some_and(|went| went.id == id)).cloned().collect()
    }
}

/// What never waits needs no executor.
pub fn now<T>(future: impl Future<Output = T>) -> T {
    match std::pin::pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => unreachable!("the texts are in memory"),
    }
}

pub fn secrets() -> [&'static str; 12] {
    [ENGLISH, GERMAN, RUSSIAN, GREEK, CHINESE, JAPANESE, THAI, ARABIC, KOREAN, HINDI, CODE, EMOJI]
}

pub fn history() -> (Guard, Store) {
    let mut guard = Guard::new(Common::shipped([]));
    let mut store = HashMap::new();
    for (number, text) in secrets().into_iter().enumerate() {
        let context = vec![Turn::user(format!("Tell me of thing number {number}."))];
        let mut pair = PreferencePair::new(context, text, "I would rather not.");
        pair.note = (number == 0).then(|| NOTE.to_owned());
        guard.add(&pair);
        store.insert(pair.id, Kept { pair, went: None });
    }
    (guard, Store(store))
}

pub fn verdict_of(url: &str, headers: &[(String, String)], body: &[u8]) -> Verdict {
    let (guard, store) = history();
    now(guard.check(&Outgoing { url, headers, body, live: None }, &store))
}

pub const URL: &str = "https://api.example/v1/chat";

#[track_caller]
pub fn refused(what: &str, body: impl AsRef<[u8]>) {
    let verdict = verdict_of(URL, &[], body.as_ref());
    let shown = String::from_utf8_lossy(body.as_ref()).chars().take(300).collect::<String>();
    assert!(matches!(verdict, Verdict::Refuse(_)), "{what}: {verdict:?}: {shown}");
}

/// What the guard of a history that is this text alone says of a body.
fn verdict_with(text: &str, body: &[u8]) -> Verdict {
    let mut guard = Guard::new(Common::shipped([]));
    let pair = PreferencePair::new(vec![Turn::user("Tell me.")], text, "I would rather not.");
    guard.add(&pair);
    let store = Store([(pair.id, Kept { pair, went: None })].into());
    now(guard.check(&Outgoing { url: URL, headers: &[], body, live: None }, &store))
}

/// A text that is all of someone's history is refused as it is, and in this disguise.
#[track_caller]
pub fn hides_not(what: &str, text: &str, body: impl AsRef<[u8]>) {
    for (what, body) in [("as it is", text.as_bytes()), (what, body.as_ref())] {
        let verdict = verdict_with(text, body);
        let shown = String::from_utf8_lossy(body).chars().take(300).collect::<String>();
        assert!(matches!(verdict, Verdict::Refuse(_)), "{what}: {verdict:?}: {shown}");
    }
}

/// A body passes though this text is all of someone's history.
#[track_caller]
pub fn is_nobodys(text: &str, body: &str) {
    assert_eq!(verdict_with(text, body.as_bytes()), Verdict::Pass, "{body}");
}

#[track_caller]
pub fn passes(what: &str, body: impl AsRef<[u8]>) {
    let verdict = verdict_of(URL, &[], body.as_ref());
    assert_eq!(verdict, Verdict::Pass, "{what}");
}

/// `count` words from the middle of a text.
pub fn words(text: &str, from: usize, count: usize) -> String {
    text.split_whitespace().skip(from).take(count).collect::<Vec<_>>().join(" ")
}

/// Stretches at the bar: eight words, forty characters, twelve where there are no spaces.
pub fn stretches() -> Vec<String> {
    let mut all = Vec::new();
    for text in [ENGLISH, GERMAN, RUSSIAN, GREEK, ARABIC, KOREAN, HINDI, NOTE] {
        for from in [0, 2, 3, 5] {
            all.push(words(text, from, 8));
        }
        for from in [0, 7, 19] {
            all.push(text.chars().skip(from).take(40).collect());
        }
    }
    for from in [0, 7, 19, 60] {
        all.push(CODE.chars().skip(from).take(40).collect());
    }
    for text in [CHINESE, JAPANESE, THAI] {
        for from in [0, 3, 8, 20] {
            all.push(text.chars().skip(from).take(12).collect());
        }
    }
    all.push(EMOJI.chars().take(41).collect());
    all
}
