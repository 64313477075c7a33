// SPDX-License-Identifier: Apache-2.0
//
// A program for the oracle: Rust's collections, boxed closures, trait objects, and panics that are caught, on as many
// threads as asked for.
// panics [THREADS [ROUNDS]]
use std::collections::{BTreeMap, HashMap};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::mpsc;

trait Shape {
    fn grow(&self, depth: usize) -> Box<dyn Shape>;
    fn weight(&self) -> usize;
}

struct Leaf(String);
struct Branch(Vec<Box<dyn Shape>>);

impl Shape for Leaf {
    fn grow(&self, depth: usize) -> Box<dyn Shape> {
        if depth == 0 {
            return Box::new(Leaf(self.0.repeat(2)));
        }
        Box::new(Branch(vec![self.grow(depth - 1), Box::new(Leaf(format!("{} {depth}", self.0)))]))
    }
    fn weight(&self) -> usize {
        self.0.len()
    }
}

impl Shape for Branch {
    fn grow(&self, depth: usize) -> Box<dyn Shape> {
        Box::new(Branch(self.0.iter().map(|shape| shape.grow(depth)).collect()))
    }
    fn weight(&self) -> usize {
        self.0.iter().map(|shape| shape.weight()).sum()
    }
}

/// Allocates as it is torn down.
struct Mourner<'a>(&'a mut Vec<String>);

impl Drop for Mourner<'_> {
    fn drop(&mut self) {
        self.0.push(format!("{} gone", self.0.len()));
    }
}

#[inline(never)]
fn fall(depth: usize, log: &mut Vec<String>) -> usize {
    let mourner = Mourner(log);
    if depth == 0 {
        resume_unwind(Box::new(mourner.0.len()));
    }
    fall(depth - 1, mourner.0) + 1
}

#[inline(never)]
fn sort_keys(words: &[String]) -> usize {
    let mut counts: HashMap<&str, Vec<usize>> = HashMap::new();
    for (place, word) in words.iter().enumerate() {
        counts.entry(word.rsplit(' ').next().unwrap_or("")).or_default().push(place);
    }
    let ordered: BTreeMap<String, usize> = counts.iter().map(|(word, places)| (word.to_string(), places.len())).collect();
    let mut keys: Vec<_> = ordered.into_iter().collect();
    keys.sort_by_key(|(word, count)| (count * 31 % 7, word.clone()));
    keys.len()
}

fn work(round: usize) -> usize {
    let shape = Leaf(format!("round {round}")).grow(8).grow(2);
    let mut log = Vec::new();
    let caught = catch_unwind(AssertUnwindSafe(|| fall(12, &mut log)));
    let words: Vec<String> = (0..100).map(|n| format!("word {}", n * round % 37)).collect();
    let chain: Box<dyn Fn(usize) -> String> =
        (0..10).fold(Box::new(|n| n.to_string()), |inner, step| Box::new(move |n| inner(n) + &step.to_string()));
    shape.weight() + usize::from(caught.is_err()) + log.len() + sort_keys(&words) + chain(round).len()
}

fn main() {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse().expect("a number"));
    let (threads, rounds) = (numbers.next().unwrap_or(4), numbers.next().unwrap_or(20));
    let (sender, receiver) = mpsc::channel();
    for _ in 0..threads {
        let sender = sender.clone();
        std::thread::spawn(move || sender.send((0..rounds).map(work).sum::<usize>()));
    }
    drop(sender);
    assert!(receiver.iter().sum::<usize>() > 0);
}
