//! `--evidence`: what is learned from and judged, the texts or sketches of them.

use clap::{Args, ValueEnum};
use likeness::persona::LearnsFrom;

use super::Failure;
use super::remote::RemoteFlags;

/// What is learned from and judged.
#[derive(Args, Clone, Copy)]
pub struct EvidenceFlag {
    /// What reward and model learn from and judge. Without it each sees what it may: the reward, which stays here, and
    /// a local model the texts, a remote model sketches.
    #[arg(long, value_enum, value_name = "KIND")]
    evidence: Option<Kind>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// The texts as they are.
    Raw,
    /// What a remote model may know of them.
    Sketch,
}

impl EvidenceFlag {
    /// Refuses what can't be: a remote model never reads texts.
    pub fn check(self, remote: &RemoteFlags) -> Result<(), Failure> {
        if remote.is_given() && self.evidence == Some(Kind::Raw) {
            return Err(Failure::Usage(
                "--evidence raw can't go with --endpoint: raw history never leaves this machine, so a remote model \
                 sees sketches; leave --evidence out, or use a local --model"
                    .into(),
            ));
        }
        Ok(())
    }

    /// Refuses a choice where a local and a remote model have one each.
    pub fn check_divided(self) -> Result<(), Failure> {
        match self.evidence {
            None => Ok(()),
            Some(_) => Err(Failure::Usage(
                "--evidence can't go with --model and --endpoint: the local model reads texts, the remote one sketches"
                    .into(),
            )),
        }
    }

    /// What the reward learns from.
    pub fn reward(self) -> LearnsFrom {
        if self.evidence == Some(Kind::Sketch) { LearnsFrom::Sketches } else { LearnsFrom::Texts }
    }

    /// Whether a local model reads sketches too.
    pub fn local_reads_sketches(self) -> bool {
        self.evidence == Some(Kind::Sketch)
    }
}
