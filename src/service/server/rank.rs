//! Answers in the order in which the person would like them, and what a chat model may be told of them.

use super::portrait::likeness_now;
use super::{Asked, Outcome};
use crate::persona::{Claim, Writer, judge_one_of_many};
use crate::preference::Turn;
use crate::service::{DraftAnswer, ProfileId, ReasonWords, Response, ServiceError};
use crate::traits::{self, Difference, Measurement};

/// Each answer is compared to each other one.
const MOST_ANSWERS: usize = 64;

impl Asked {
    pub(super) async fn rank(
        &self,
        profile: &ProfileId,
        context: &[Turn],
        answers: Vec<String>,
        words: ReasonWords,
    ) -> Outcome {
        if answers.is_empty() || answers.iter().any(|answer| answer.trim().is_empty()) {
            return Err(ServiceError::Invalid("there must be answers to rank, and none may be empty".into()));
        }
        if answers.len() > MOST_ANSWERS {
            return Err(ServiceError::Invalid(format!("at most {MOST_ANSWERS} answers are ranked at once")));
        }
        Ok(Response::Ranked(self.ranked(profile, context, answers, words).await?))
    }

    pub(super) async fn told(&self, profile: &ProfileId) -> Outcome {
        let store = self.server.store().await?;
        let likeness = likeness_now(&store, profile).await?;
        if likeness.portrait.rests_on.is_empty() {
            return Ok(Response::Text(String::new()));
        }
        // Whoever may have the prompt may have the portrait: all of each claim, claims that no prompt tells, and prose that
        // has words of its own where a model wrote it.
        let claims: Vec<&str> = likeness.claims_in_use().map(Claim::wording).collect();
        let prose = Some(&likeness.portrait).filter(|portrait| portrait.by == Writer::Model);
        let told = (&likeness.chat_prompt, claims, prose.map(|portrait| &portrait.text));
        let read = self.released(told, None, &store).await;
        read.map_err(|error| match error {
            ServiceError::Quotes { quotes, .. } => ServiceError::Quotes { about: true, quotes },
            other => other,
        })?;
        Ok(Response::Text(likeness.chat_prompt))
    }

    /// The answers with their places, the one first that the person would like best.
    pub(super) async fn ranked(
        &self,
        profile: &ProfileId,
        context: &[Turn],
        texts: Vec<String>,
        words: ReasonWords,
    ) -> Result<Vec<(u32, DraftAnswer)>, ServiceError> {
        let likeness = likeness_now(&self.server.store().await?, profile).await?;
        let measured: Vec<_> = texts.iter().map(|text| traits::measure(context, text)).collect();
        let rank = |(at, one): (usize, &Measurement)| {
            let others = measured.iter().enumerate().filter(|(other, _)| *other != at);
            let judged: Vec<_> = others
                .map(|(_, other)| judge_one_of_many(&likeness, &Difference::between(one, other)))
                .collect();
            let (sum, count) = (judged.iter().map(|one| one.p_first).sum::<f64>(), judged.len());
            let liked = if count == 0 { 0.5 } else { sum / count as f64 };
            let clearest =
                judged.into_iter().max_by(|a, b| a.log_odds().abs().total_cmp(&b.log_odds().abs()));
            let why = clearest.into_iter().flat_map(|one| one.why).collect();
            (liked as f32, why)
        };
        let (liked, why): (Vec<f32>, Vec<_>) = measured.iter().enumerate().map(rank).unzip();
        let why = self.in_words(why, words).await?;
        let answers = texts.into_iter().zip(liked).zip(why);
        let answers = answers.map(|((text, liked), why)| DraftAnswer { text, liked, why });
        let mut ranked: Vec<(u32, DraftAnswer)> = (0..).zip(answers).collect();
        ranked.sort_by(|(_, a), (_, b)| b.liked.total_cmp(&a.liked));
        Ok(ranked)
    }
}
