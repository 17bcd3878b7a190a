//! Remote models as the person configures them: where they are, what they may cost, and what lets the page reach them.

#[cfg(feature = "app")]
mod attempt;
mod built_in;
mod form;
#[cfg(feature = "app")]
mod list;
#[cfg(feature = "app")]
mod model_select;
#[cfg(feature = "app")]
mod policy;
#[cfg(feature = "app")]
mod waiting;

#[cfg(feature = "app")]
pub use attempt::{Attempt, Tried, TryButton};
pub use built_in::{Availability, BuiltIn};
pub use form::{EndpointForm, FormProblem};
#[cfg(feature = "app")]
pub use list::RemoteModels;
#[cfg(feature = "app")]
pub use model_select::{ModelSelect, choice_of};
#[cfg(feature = "app")]
pub use policy::{Policy, Reach, ReachNotice};
#[cfg(feature = "app")]
pub use waiting::{Waiting, WaitingFor};
