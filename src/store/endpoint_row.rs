//! Remote models as they are stored: where each is and what it may cost. Its key lies elsewhere, encrypted.

use serde::{Deserialize, Serialize};

/// A remote model that the person configured. Stored as JSON.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndpointRow {
    /// Names it.
    pub id: String,
    /// The name of the API that it speaks.
    pub api: String,
    /// The API's base address.
    pub endpoint: String,
    /// The model's name as the endpoint spells it.
    pub model: String,
    /// The longest prompt and answer together, in tokens.
    pub context_tokens: u32,
    /// What a million tokens of prompt and of answer cost, and the day on which that was looked up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<(f64, f64, String)>,
    /// Calls that a job may make, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_calls: Option<u32>,
    /// What a job may cost, at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most_cost: Option<f64>,
    /// Whether a key is kept for it.
    #[serde(default)]
    pub has_key: bool,
}
