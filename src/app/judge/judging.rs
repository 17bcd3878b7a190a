//! How a judgement stands, so that a verdict is shown, and a choice kept, only of what stands in the form.

use super::question::Question;
use crate::service::{ServiceError, Verdict};

/// What the page shows below the form.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Stage {
    /// Nothing was asked yet, or something else stands in the form by now.
    #[default]
    Idle,
    /// It is under way.
    Asking,
    /// It is answered, with the question that was asked.
    Answered(Verdict, Question),
    /// It failed.
    Failed(ServiceError),
}

/// One judgement at a time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judging {
    stage: Stage,
    /// Which judgement it is; the answer to one that was dropped comes under an earlier number.
    turn: u32,
}

impl Judging {
    /// What to show.
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Whether it is under way.
    pub fn is_busy(&self) -> bool {
        self.stage == Stage::Asking
    }

    /// It is asked; the judgement's number.
    pub fn ask(&mut self) -> u32 {
        self.turn += 1;
        self.stage = Stage::Asking;
        self.turn
    }

    /// What came of it, unless it was dropped meanwhile.
    pub fn end(&mut self, turn: u32, asked: Question, answer: Result<Verdict, ServiceError>) {
        if turn != self.turn || !self.is_busy() {
            return;
        }
        self.stage = match answer {
            Ok(verdict) => Stage::Answered(verdict, asked),
            Err(ServiceError::Cancelled) => Stage::Idle,
            Err(error) => Stage::Failed(error),
        };
    }

    /// Another question or person is meant by now: whatever was said is not about it.
    pub fn forget(&mut self) {
        self.stage = Stage::Idle;
        self.turn += 1;
    }

    /// Another model is to be asked by now. A failure stays: it may be why.
    pub fn forget_verdict(&mut self) {
        if matches!(self.stage, Stage::Answered(..)) {
            self.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict() -> Result<Verdict, ServiceError> {
        Ok(Verdict { p_first: 0.9, why: Vec::new(), parts: Vec::new(), by_model: None, elapsed_ms: 1.0 })
    }

    #[test]
    fn a_verdict_goes_with_what_it_was_about() {
        let mut judging = Judging::default();
        let turn = judging.ask();
        judging.end(turn, Question::example(), verdict());
        assert!(matches!(judging.stage(), Stage::Answered(_, asked) if *asked == Question::example()));
        judging.forget();
        assert_eq!(*judging.stage(), Stage::Idle);
    }

    #[test]
    fn the_answer_to_a_dropped_judgement_is_not_shown() {
        let mut judging = Judging::default();
        let dropped = judging.ask();
        judging.forget();
        judging.end(dropped, Question::example(), verdict());
        assert_eq!(*judging.stage(), Stage::Idle);
        judging.ask();
        judging.end(dropped, Question::example(), verdict());
        assert!(judging.is_busy(), "the next one is still waited for");
    }

    #[test]
    fn being_stopped_is_no_failure_and_a_failure_outlives_another_model() {
        let mut judging = Judging::default();
        let turn = judging.ask();
        judging.end(turn, Question::default(), Err(ServiceError::Cancelled));
        assert_eq!(*judging.stage(), Stage::Idle);
        let turn = judging.ask();
        judging.forget_verdict();
        judging.end(turn, Question::default(), Err(ServiceError::NoModel));
        judging.forget_verdict();
        assert_eq!(*judging.stage(), Stage::Failed(ServiceError::NoModel));
        let turn = judging.ask();
        judging.end(turn, Question::default(), verdict());
        judging.forget_verdict();
        assert_eq!(*judging.stage(), Stage::Idle);
    }
}
