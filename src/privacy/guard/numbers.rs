//! Small numbers for pairs: the index holds a pair's number, not its id.

use crate::preference::PairId;

/// Numbers of pairs, given out again when a pair has gone.
#[derive(Clone, Debug, Default)]
pub struct Numbers {
    ids: Vec<Option<PairId>>,
    free: Vec<u32>,
    /// Open addressing by the id's first bytes, half full at most: numbers and one, nothing at zero.
    table: Vec<u32>,
}

impl Numbers {
    /// Pairs that have a number.
    pub fn len(&self) -> usize {
        self.ids.len() - self.free.len()
    }

    /// The pair with this number.
    pub fn id(&self, number: u32) -> Option<PairId> {
        self.ids.get(number as usize).copied().flatten()
    }

    /// One more than the largest number.
    pub fn end(&self) -> u32 {
        self.ids.len() as u32
    }

    /// A number for a pair; none if it has one.
    pub fn give(&mut self, id: PairId) -> Option<u32> {
        if self.slot(id).is_some_and(|slot| self.table[slot] != 0) {
            return None;
        }
        let number = self.free.pop().unwrap_or(self.ids.len() as u32);
        if number as usize == self.ids.len() {
            self.ids.push(None);
        }
        self.ids[number as usize] = Some(id);
        if self.len() * 3 > self.table.len() * 2 {
            self.spread(self.ids.len().max(32));
        } else if let Some(slot) = self.slot(id) {
            self.table[slot] = number + 1;
        }
        Some(number)
    }

    /// Takes a pair's number back.
    pub fn take(&mut self, id: PairId) -> Option<u32> {
        let mut hole = self.slot(id).filter(|slot| self.table[*slot] != 0)?;
        let number = self.table[hole] - 1;
        // What lies behind the hole moves up, unless it lies where it belongs (Knuth 6.4, algorithm R).
        let mut at = hole;
        loop {
            at = (at + 1) % self.table.len();
            let Some(id) = self.table[at].checked_sub(1).and_then(|number| self.id(number)) else { break };
            let home = self.home(id);
            let stays = if hole < at { hole < home && home <= at } else { home <= at || hole < home };
            if !stays {
                self.table[hole] = self.table[at];
                hole = at;
            }
        }
        self.table[hole] = 0;
        self.ids[number as usize] = None;
        self.free.push(number);
        Some(number)
    }

    /// Memory that they take.
    pub fn bytes(&self) -> usize {
        self.ids.capacity() * size_of::<Option<PairId>>() + (self.free.capacity() + self.table.capacity()) * 4
    }

    fn spread(&mut self, ids: usize) {
        self.table = vec![0; (ids * 2).next_power_of_two()];
        for number in 0..self.end() {
            if let Some(slot) = self.id(number).and_then(|id| self.slot(id)) {
                self.table[slot] = number + 1;
            }
        }
    }

    fn home(&self, id: PairId) -> usize {
        let [a, b, c, d, ..] = *id.bytes();
        u32::from_le_bytes([a, b, c, d]) as usize % self.table.len()
    }

    /// Where a pair's number is, or would be.
    fn slot(&self, id: PairId) -> Option<usize> {
        let length = self.table.len();
        if length == 0 {
            return None;
        }
        let home = self.home(id);
        (0..length).map(|step| (home + step) % length).find(|slot| match self.table[*slot] {
            0 => true,
            number => self.id(number - 1) == Some(id),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn agrees_with_a_map() {
        let mut rng = fastrand::Rng::with_seed(5);
        let (mut numbers, mut map) = (Numbers::default(), HashMap::new());
        for _ in 0..20_000 {
            let id = PairId::of(&[], &rng.u32(0..700).to_string(), "");
            if rng.bool() {
                let number = numbers.give(id);
                assert_eq!(number.is_none(), map.contains_key(&id));
                number.map(|number| map.insert(id, number));
            } else {
                assert_eq!(numbers.take(id), map.remove(&id));
            }
            assert_eq!(numbers.len(), map.len());
        }
        assert!(map.iter().all(|(id, number)| numbers.id(*number) == Some(*id)));
    }
}
