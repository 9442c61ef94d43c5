//! Stretches of planar float sound, and queues of them in which silence costs no memory.

use std::collections::VecDeque;

/// Samples of every channel; all channels are of one length.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Block {
    channels: Vec<Vec<f32>>,
}

impl Block {
    pub(super) fn new(channels: Vec<Vec<f32>>) -> Self {
        let len = channels.iter().map(Vec::len).min().unwrap_or(0);
        let mut block = Self { channels };
        block.truncate(len);
        block
    }

    pub(super) fn empty(channels: usize) -> Self {
        Self { channels: vec![Vec::new(); channels] }
    }

    pub(super) fn silence(channels: usize, len: usize) -> Self {
        Self { channels: vec![vec![0.0; len]; channels] }
    }

    /// Samples per channel.
    pub(super) fn len(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn channels(&self) -> &[Vec<f32>] {
        &self.channels
    }

    /// The channels as a meter takes them.
    pub(super) fn planes(&self) -> Vec<&[f32]> {
        self.channels.iter().map(Vec::as_slice).collect()
    }

    pub(super) fn channels_mut(&mut self) -> &mut [Vec<f32>] {
        &mut self.channels
    }

    pub(super) fn truncate(&mut self, len: usize) {
        for channel in &mut self.channels {
            channel.truncate(len);
        }
    }

    /// Removes samples from the front, at most all.
    pub(super) fn drop_front(&mut self, count: usize) {
        self.take_front(count);
    }

    /// Removes and returns samples from the front, at most all.
    pub(super) fn take_front(&mut self, count: usize) -> Self {
        let count = count.min(self.len());
        Self { channels: self.channels.iter_mut().map(|c| c.drain(..count).collect()).collect() }
    }

    /// Adds samples at the end. Channels that the other block lacks stay silent.
    pub(super) fn append(&mut self, other: &Self) {
        let len = self.len() + other.len();
        for (n, channel) in self.channels.iter_mut().enumerate() {
            channel.extend_from_slice(other.channels.get(n).map_or(&[], Vec::as_slice));
            channel.resize(len, 0.0);
        }
    }

    pub(super) fn amplify(&mut self, factor: f32) {
        for sample in self.channels.iter_mut().flatten() {
            *sample *= factor;
        }
    }
}

enum Item {
    Silence(u64),
    Sound(Block),
}

/// Sound waiting for the next stage. A long gap is one entry until it is taken out in pieces.
pub(super) struct Queue {
    items: VecDeque<Item>,
    channels: usize,
}

/// Longest piece of silence taken out at once.
const PIECE: u64 = 4096;

impl Queue {
    pub(super) fn new(channels: usize) -> Self {
        Self { items: VecDeque::new(), channels }
    }

    pub(super) fn push_silence(&mut self, len: u64) {
        if len > 0 {
            self.items.push_back(Item::Silence(len));
        }
    }

    pub(super) fn push(&mut self, block: Block) {
        if !block.is_empty() {
            self.items.push_back(Item::Sound(block));
        }
    }

    /// Samples in it.
    pub(super) fn len(&self) -> u64 {
        self.items
            .iter()
            .map(|item| match item {
                Item::Silence(len) => *len,
                Item::Sound(block) => block.len() as u64,
            })
            .sum()
    }

    pub(super) fn pop(&mut self) -> Option<Block> {
        match self.items.pop_front()? {
            Item::Sound(block) => Some(block),
            Item::Silence(len) => {
                let piece = len.min(PIECE);
                if len > piece {
                    self.items.push_front(Item::Silence(len - piece));
                }
                Some(Block::silence(self.channels, usize::try_from(piece).unwrap_or(0)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_comes_out_in_pieces_of_the_right_sum() {
        let mut queue = Queue::new(2);
        queue.push_silence(10_000);
        queue.push(Block::new(vec![vec![1.0], vec![2.0]]));
        queue.push_silence(0);
        let mut lengths = Vec::new();
        while let Some(block) = queue.pop() {
            assert_eq!(block.channels().len(), 2);
            lengths.push(block.len());
        }
        assert_eq!(lengths, [4096, 4096, 1808, 1]);
    }

    #[test]
    fn blocks_split_and_join() {
        let mut block = Block::new(vec![vec![1.0, 2.0, 3.0], vec![4.0, 5.0, 6.0, 7.0]]);
        assert_eq!(block.len(), 3, "the shorter channel decides");
        let front = block.take_front(1);
        assert_eq!((front.channels(), block.len()), (&[vec![1.0], vec![4.0]][..], 2));
        let mut joined = front;
        joined.append(&block);
        assert_eq!(joined.channels(), [vec![1.0, 2.0, 3.0], vec![4.0, 5.0, 6.0]]);
        joined.drop_front(9);
        assert!(joined.is_empty());
    }
}
