//! The measurements as the Markdown tables of `BENCHMARKS.md`.

use std::fmt::{self, Display, Formatter};

use super::synthetic::Tossed;
use super::{LeftOut, Synthetic};
use crate::traits::TABLE;

impl Display for Synthetic {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "| {} synthetic people | |", self.people)?;
        writeln!(f, "| --- | --- |")?;
        writeln!(f, "| the shipped prior alone, {} random splits 36/12 | {} |", self.splits, self.prior)?;
        writeln!(f, "| personalised, the same splits | {} |", self.reward)?;
        writeln!(f, "| paired gain over the prior | {} |", self.gain)?;
        writeln!(f, "| personalised, the first 36 in time, the last 12 predicted | {} |", self.last_twelve)?;
        for (count, accuracy) in &self.curve {
            writeln!(f, "| from {count} pairs | {accuracy} |")?;
        }
        writeln!(f, "| log-loss, personalised | {:.3} nats |", self.log_loss)?;
        writeln!(f, "| calibration error, personalised | {:.3} |", self.calibration_error)?;
        writeln!(f, "| claims told at 36 pairs | {} |", self.claims.made)?;
        writeln!(f, "| others that did not hold on parts of the 36 | {} |", self.claims.dropped)?;
        writeln!(f, "| of those told, held on the 12 left out, one by one | {} |", self.claims.held)?;
        writeln!(f, "| of them silent there | {} |", self.claims.silent)?;
        writeln!(
            f,
            "| their pooled partial effect, log-odds a usual difference | {:+.2} |",
            self.claims.effect
        )?;
        let Tossed { people, heard, claims, dropped } = self.tossed;
        writeln!(
            f,
            "| the same with each choice decided by a coin: {people} people who hear a claim | {heard} |"
        )?;
        writeln!(f, "| claims on them, others that did not hold | {claims}, {dropped} |")
    }
}

impl Display for LeftOut {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "| {} real people, {} pairs | |", self.people, self.pairs)?;
        writeln!(f, "| --- | --- |")?;
        writeln!(f, "| the prior, person and question left out | {} |", self.prior)?;
        writeln!(f, "| the same, pooled over pairs | {:.3} |", self.prior_pooled)?;
        writeln!(
            f,
            "| personalised from 8 or more pairs on other questions, less the prior | {} |",
            self.gain
        )?;
        writeln!(
            f,
            "| log-loss there, prior and personalised | {:.3}, {:.3} nats |",
            self.prior_log_loss, self.log_loss
        )?;
        writeln!(f, "| calibration error of the prior | {:.3} |", self.prior_calibration_error)?;
        writeln!(f, "| calibration error, personalised | {:.3} |", self.calibration_error)
    }
}

/// Each trait's left-out effect on both sets, in thousandths of a nat a choice.
pub fn effects_table(real: &LeftOut, synthetic: &Synthetic) -> String {
    let (real, synthetic) = (real.effects.in_millinats(), synthetic.effects.in_millinats());
    let mut table =
        "| trait | real people, the prior | synthetic people, the reward |\n| --- | --- | --- |\n".to_owned();
    for row in TABLE {
        let of =
            |effects: &std::collections::BTreeMap<&str, f64>| effects.get(row.id).copied().unwrap_or(0.0);
        table += &format!("| {} | {:+.2} | {:+.2} |\n", row.id, of(&real), of(&synthetic));
    }
    table
}
