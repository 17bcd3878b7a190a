//! A model in several files, as llama.cpp's `llama-gguf-split` and PyPI's `gguf` write them: `name-00001-of-00003.gguf`
//! and so on.
//!
//! Each is a GGUF file that tells its place (`split.no`, counted from 0) and how many there are (`split.count`). The first
//! has the metadata, each a share of the tensors. Joined they are one header, with offsets as if the files lay one after
//! the other. A part of another model is told by its numbers, its architecture, its tensors' names and how many there
//! are together; another quantisation of the same model, cut at the same places, can't be told.

use super::{GgufError, Header, TensorInfo};

/// Which part of a model a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its place, counted from 1.
    pub number: u32,
    /// How many there are.
    pub count: u32,
}

impl Part {
    /// What a file's header says; none if the file is a whole model.
    pub fn of(header: &Header) -> Result<Option<Part>, GgufError> {
        // Parts that were merged again say 0 of 0.
        let Some(count) = header.get::<u32>("split.count")?.filter(|count| *count > 1) else {
            return Ok(None);
        };
        let number = header.require::<u32>("split.no")?.saturating_add(1);
        Ok(Some(Part { number, count }))
    }
}

/// The names of all parts of the model that a file of this name is a part of; none if the name is not a part's.
pub fn part_names(name: &str) -> Option<Vec<String>> {
    let (stem, Part { count, .. }) = split_name(name)?;
    Some((1..=count).map(|number| format!("{stem}-{number:05}-of-{count:05}.gguf")).collect())
}

/// The name of a model of which this is the name of a part, without an ending.
pub fn whole_name(name: &str) -> Option<&str> {
    split_name(name).map(|(stem, _)| stem)
}

/// What a file's name says: `name-00002-of-00003.gguf` is the second of three.
fn split_name(name: &str) -> Option<(&str, Part)> {
    let (rest, count) = name.strip_suffix(".gguf")?.rsplit_once("-of-")?;
    let (stem, number) = rest.rsplit_once('-')?;
    let number_of = |digits: &str| {
        let holds = digits.len() == 5 && digits.bytes().all(|byte| byte.is_ascii_digit());
        holds.then(|| digits.parse::<u32>().ok()).flatten()
    };
    let part = Part { number: number_of(number)?, count: number_of(count)? };
    ((1..=part.count).contains(&part.number)).then_some((stem, part))
}

/// One header of those of all of a model's files, in any order, each with the byte at which its file begins when they lie
/// one after the other. A file alone must be a whole model.
pub fn join(files: Vec<(u64, Header)>) -> Result<Header, GgufError> {
    let (mut parts, given) = (Vec::new(), files.len());
    for (place, (start, header)) in files.into_iter().enumerate() {
        match Part::of(&header)? {
            None if given == 1 => return Ok(header),
            part => parts.push((part, place, start, header)),
        }
    }
    let expected = parts.iter().find_map(|(part, ..)| *part).map_or(0, |part| part.count);
    if let Some((found, place, ..)) =
        parts.iter().find(|(part, ..)| part.is_none_or(|part| part.count != expected))
    {
        return Err(GgufError::ForeignPart { file: place + 1, given, found: *found });
    }
    parts.sort_by_key(|(part, ..)| part.map(|part| part.number));
    let numbers: Vec<u32> = parts.iter().filter_map(|(part, ..)| part.map(|part| part.number)).collect();
    if let Some(number) = (1..=expected).find(|number| !numbers.contains(number)) {
        return Err(GgufError::PartMissing { number, count: expected });
    }
    // Each number is there, so what is left over is there twice, or beyond the count.
    if let Some(number) = numbers.iter().zip(1..).find(|(number, place)| *number != place) {
        return Err(GgufError::PartTwice { number: *number.0, count: expected });
    }
    let mut parts = parts.into_iter().map(|(_, place, start, header)| (place, start, header));
    let Some((_, start, mut joined)) = parts.next() else {
        return Err(GgufError::PartMissing { number: 1, count: expected });
    };
    shift(&mut joined.tensors, start);
    for (place, start, mut part) in parts {
        const ARCHITECTURE: &str = "general.architecture";
        if part.value(ARCHITECTURE).is_some_and(|found| joined.value(ARCHITECTURE) != Some(found)) {
            return Err(GgufError::ForeignPart { file: place + 1, given, found: Part::of(&part)? });
        }
        shift(&mut part.tensors, start);
        joined.tensors.extend(part.tensors);
    }
    check_tensors(&joined)?;
    Ok(joined)
}

fn shift(tensors: &mut [TensorInfo], start: u64) {
    // Where a file begins is what other files are long, and a tensor lies in its file: no sum is beyond a disk.
    tensors.iter_mut().for_each(|tensor| tensor.offset += start);
}

/// That no tensor is there twice, and as many as the first part promises.
fn check_tensors(joined: &Header) -> Result<(), GgufError> {
    let mut names: Vec<&str> = joined.tensors.iter().map(|tensor| tensor.name.as_str()).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(GgufError::TensorInTwoParts { tensor: twice[0].to_owned() });
    }
    let (found, promised) = (names.len(), joined.get::<u32>("split.tensors.count")?);
    match promised.filter(|promised| *promised as usize != found) {
        Some(promised) => Err(GgufError::TensorsOfParts { promised, found }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{TensorKind, Value};
    use super::*;

    fn part(number: u32, count: u32, tensors: &[&str]) -> Header {
        let mut metadata = vec![
            ("split.no".to_owned(), Value::U16(number as u16 - 1)),
            ("split.count".to_owned(), Value::U16(count as u16)),
            ("split.tensors.count".to_owned(), Value::I32(4)),
        ];
        if number == 1 {
            metadata.push(("general.architecture".to_owned(), Value::String("llama".into())));
        }
        let tensor = |(at, name): (usize, &&str)| TensorInfo {
            name: (*name).to_owned(),
            dims: vec![8],
            kind: TensorKind::F32,
            offset: 64 + 32 * at as u64,
            bytes: 32,
        };
        let tensors = tensors.iter().enumerate().map(tensor).collect();
        Header { version: 3, alignment: 32, metadata, tensors, data_offset: 64 }
    }

    fn three() -> Vec<(u64, Header)> {
        vec![(0, part(1, 3, &["a"])), (1000, part(2, 3, &["b", "c"])), (3000, part(3, 3, &["d"]))]
    }

    #[track_caller]
    fn refused(change: impl FnOnce(&mut Vec<(u64, Header)>), expected: &str) {
        let mut files = three();
        change(&mut files);
        assert_eq!(join(files).expect_err("it is refused").to_string(), expected);
    }

    #[test]
    fn parts_are_one_header_in_any_order() {
        for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
            let joined = join(order.map(|at| three().swap_remove(at)).to_vec()).unwrap();
            let found: Vec<(&str, u64)> =
                joined.tensors.iter().map(|tensor| (tensor.name.as_str(), tensor.offset)).collect();
            assert_eq!(found, [("a", 64), ("b", 1064), ("c", 1096), ("d", 3064)]);
            assert_eq!(joined.require::<&str>("general.architecture"), Ok("llama"));
        }
    }

    #[test]
    fn a_whole_model_stays_as_it_is() {
        for count in [0, 1] {
            let mut whole = part(1, 1, &["a", "b"]);
            whole.metadata[1].1 = Value::U16(count);
            assert_eq!(join(vec![(0, whole.clone())]), Ok(whole));
        }
    }

    #[test]
    fn a_missing_part_is_named() {
        refused(|files| files.truncate(1), "the model is in 3 files, and part 2 of them is missing");
        refused(|files| files.truncate(2), "the model is in 3 files, and part 3 of them is missing");
        refused(|files| drop(files.remove(0)), "the model is in 3 files, and part 1 of them is missing");
    }

    #[test]
    fn a_part_twice_is_refused() {
        refused(
            |files| files.push((9000, part(2, 3, &["b", "c"]))),
            "part 2 of the model's 3 files is given twice",
        );
    }

    #[test]
    fn a_part_of_another_model_is_refused() {
        refused(
            |files| files[1].1 = part(2, 4, &["b", "c"]),
            "file 2 of 3 is part 2 of a model in 4 files, and not of the model of the others",
        );
        refused(
            |files| files[2].1.metadata.clear(),
            "file 3 of 3 is no part of a model in several files: it says nothing of parts",
        );
        refused(
            |files| files[1].1.metadata.push(("general.architecture".into(), Value::String("qwen2".into()))),
            "file 2 of 3 is part 2 of a model in 3 files, and not of the model of the others",
        );
        refused(
            |files| files[2].1 = part(3, 3, &["c"]),
            "two of the model's files have a tensor c: one of them belongs to another model",
        );
        refused(
            |files| files[2].1 = part(3, 3, &["d", "e"]),
            "the model's files have 5 tensors together, and the first promises 4: one of them belongs to another model",
        );
    }

    #[test]
    fn names_tell_parts() {
        let names = part_names("m-Q4_K-00002-of-00003.gguf").unwrap();
        assert_eq!(names[0], "m-Q4_K-00001-of-00003.gguf");
        assert_eq!((names.len(), names[2].as_str()), (3, "m-Q4_K-00003-of-00003.gguf"));
        assert_eq!(whole_name(&names[1]), Some("m-Q4_K"));
        assert_eq!(split_name(&names[1]), Some(("m-Q4_K", Part { number: 2, count: 3 })));
        for other in
            ["m.gguf", "m-1-of-3.gguf", "m-00004-of-00003.gguf", "m-00000-of-00003.gguf", "-of-.gguf"]
        {
            assert_eq!(part_names(other), None, "{other}");
        }
    }
}
