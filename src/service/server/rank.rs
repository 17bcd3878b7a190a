//! Answers in the order in which the person would like them, and what a chat model may be told of them.

use super::portrait::{history, likeness};
use super::{Asked, Outcome};
use crate::persona::{Likeness, from_traits, judge_by_traits};
use crate::preference::Turn;
use crate::service::{DraftAnswer, ProfileId, Response, ServiceError};
use crate::traits;

/// Each answer is compared to each other one.
const MOST_ANSWERS: usize = 64;

impl Asked {
    pub(super) async fn rank(&self, profile: &ProfileId, context: &[Turn], answers: Vec<String>) -> Outcome {
        if answers.is_empty() || answers.iter().any(|answer| answer.trim().is_empty()) {
            return Err(ServiceError::Invalid("there must be answers to rank, and none may be empty".into()));
        }
        if answers.len() > MOST_ANSWERS {
            return Err(ServiceError::Invalid(format!("at most {MOST_ANSWERS} answers are ranked at once")));
        }
        Ok(Response::Ranked(self.ranked(profile, context, answers).await?))
    }

    pub(super) async fn told(&self, profile: &ProfileId) -> Outcome {
        let likeness = self.likeness_now(profile).await?;
        if likeness.portrait.rests_on.is_empty() {
            return Ok(Response::Text(String::new()));
        }
        let store = self.server.store().await?;
        let read = self.server.watchman().release(likeness.chat_prompt.as_str(), None, &store).await;
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
    ) -> Result<Vec<(u32, DraftAnswer)>, ServiceError> {
        let likeness = self.likeness_now(profile).await?;
        let rank = |(at, text): (usize, &String)| {
            let others = texts.iter().enumerate().filter(|(other, _)| *other != at);
            let judged: Vec<_> = others
                .map(|(_, other)| {
                    let difference = traits::difference(context, text, other);
                    judge_by_traits(Some(&likeness), &difference)
                })
                .collect();
            let (sum, count) = (judged.iter().map(|one| one.p_first).sum::<f64>(), judged.len());
            let liked = if count == 0 { 0.5 } else { sum / count as f64 };
            let clearest =
                judged.into_iter().max_by(|a, b| a.log_odds().abs().total_cmp(&b.log_odds().abs()));
            let why = clearest.map_or_else(Vec::new, |one| one.why);
            (at as u32, DraftAnswer { text: text.clone(), liked: liked as f32, why })
        };
        let mut ranked: Vec<_> = texts.iter().enumerate().map(rank).collect();
        ranked.sort_by(|(_, a), (_, b)| b.liked.total_cmp(&a.liked));
        Ok(ranked)
    }

    /// The kept likeness, or what follows from the traits.
    async fn likeness_now(&self, profile: &ProfileId) -> Result<Likeness, ServiceError> {
        let store = self.server.store().await?;
        match likeness(&store, profile).await? {
            Some(likeness) => Ok(likeness),
            None => Ok(from_traits(&history(&store, profile).await?, 0, &[])),
        }
    }
}
