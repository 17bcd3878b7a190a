//! `likeness sketch`: what a remote model may know of a pair.

use std::path::PathBuf;

use clap::Args;
use likeness::privacy::Sketcher;
use likeness::reward::Prior;
use likeness::traits::difference;

use super::{Failure, Output, files};

#[derive(Args)]
pub struct MakeSketch {
    /// The pair: JSON with context, first, second (or chosen, rejected); - for standard input.
    #[arg(long, value_name = "P.json")]
    pair: PathBuf,
    /// The person's likeness: a sketch tells of the traits that matter most to them; of those over which people differ most otherwise.
    #[arg(long, value_name = "L.json")]
    likeness: Option<PathBuf>,
    #[command(flatten)]
    show: Output,
}

impl MakeSketch {
    pub fn run(self) -> Result<(), Failure> {
        let likeness = self.likeness.as_deref().map(files::likeness).transpose()?;
        let pair = files::pair(&self.pair)?;
        let weights = match likeness {
            Some(likeness) => likeness.reward.weights(),
            None => Prior::shipped().usual_deviations(),
        };
        let sketcher = Sketcher::new(&weights, &[]);
        let sketch = sketcher.sketch(pair.id, &difference(&pair.context, &pair.chosen, &pair.rejected));
        self.show.show(&sketch, &sketch.words(true))
    }
}
