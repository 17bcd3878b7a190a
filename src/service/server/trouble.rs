//! What the failure of a model on this device is to a page: which of them it can do something about.

use crate::engine::message::EngineFailure;
use crate::model::ModelError;
use crate::persona::DriveError;
use crate::service::ServiceError;

impl From<EngineFailure> for ServiceError {
    fn from(failure: EngineFailure) -> Self {
        let words = failure.to_string();
        match failure {
            EngineFailure::Cancelled => ServiceError::Cancelled,
            EngineFailure::NotLoaded => ServiceError::NoModel,
            EngineFailure::Missing(name) => ServiceError::NotFound(format!("the model file {name}")),
            EngineFailure::Unreachable(_) => ServiceError::Unreachable(words),
            EngineFailure::NoFileThere(_) => ServiceError::NoFileThere(words),
            EngineFailure::NoRoom(_) => ServiceError::QuotaFull,
            EngineFailure::OutOfMemory(_) => ServiceError::OutOfMemory(words),
            EngineFailure::Model(_) | EngineFailure::BadFile { .. } | EngineFailure::NotANumber => {
                ServiceError::BadModel(words)
            }
            _ => ServiceError::Model(words),
        }
    }
}

/// A model on this device did not answer.
pub(super) fn model_error(error: ModelError) -> ServiceError {
    let words = error.to_string();
    match error {
        ModelError::Cancelled => ServiceError::Cancelled,
        ModelError::NotLoaded => ServiceError::NoModel,
        ModelError::OutOfMemory(_) => ServiceError::OutOfMemory(words),
        ModelError::NotANumber => ServiceError::BadModel(words),
        _ => ServiceError::Model(words),
    }
}

/// A method over a model on this device did not come to its end.
pub(super) fn local_error(error: DriveError) -> ServiceError {
    match error {
        DriveError::Cancelled => ServiceError::Cancelled,
        DriveError::Model(error) => model_error(error),
        other => ServiceError::Model(other.to_string()),
    }
}
