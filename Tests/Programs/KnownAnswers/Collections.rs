// SPDX-License-Identifier: Apache-2.0
//
// Known answers for what Rust's collections ask for. Only sizes that the types and the requests fix. The memory is
// asked for inside `alloc` and `hashbrown`, much of which the compiler puts into the functions here.
//
//   Collections

use std::collections::{HashMap, VecDeque};
use std::hint::black_box;
use std::process::exit;
use std::rc::Rc;
use std::thread;

#[inline(never)]
fn boxes() -> Vec<Box<[u8; 300]>> {
    let mut all = Vec::with_capacity(40);
    for number in 0..40 {
        all.push(Box::new([black_box(number); 300]));
    }
    all
}

/// Room for 4, 8, 16, … 1024 elements: each time an allocation, and a free of the one before.
#[inline(never)]
fn growing_vector() -> Vec<u64> {
    let mut all = Vec::new();
    for number in 0..1000 {
        all.push(black_box(number));
    }
    all
}

#[inline(never)]
fn table() -> HashMap<u64, u64> {
    let mut all = HashMap::with_capacity(800);
    for number in 0..800 {
        all.insert(black_box(number), number);
    }
    all
}

#[inline(never)]
fn shared_texts() -> [Rc<str>; 3] {
    ["a", "bcdefghi", "jklmnopqrstuvwxyz"].map(Rc::from)
}

#[inline(never)]
fn zeros() -> Vec<u8> {
    vec![0; black_box(100_000)]
}

#[inline(never)]
fn texts() -> [String; 2] {
    [black_box("four").repeat(25), black_box("word").repeat(50)]
}

#[inline(never)]
fn collected() -> VecDeque<Box<u64>> {
    (0..50).map(|number| Box::new(black_box(number))).collect()
}

#[inline(never)]
fn dropped() -> usize {
    let all: Vec<Vec<u16>> = (0..10).map(|number| vec![number; 100]).collect();
    black_box(all).len()
}

/// Objects and bytes.
type Amount = (usize, usize);

fn answer(function: &str, live: Amount, allocated: Amount) {
    println!("truth {function} {} {} {} {}", live.0, live.1, allocated.0, allocated.1);
}

fn kept(function: &str, amount: Amount) {
    answer(function, amount, amount);
}

fn main() {
    let here = (boxes(), growing_vector(), table(), shared_texts(), zeros(), texts(), collected());
    let there = thread::spawn(growing_vector).join();
    black_box((&here, &there, dropped()));

    kept("boxes", (41, 40 * 8 + 40 * 300));
    answer("growing_vector", (2, 2 * 8192), (2 * 9, 2 * (16384 - 32)));
    // 1,024 buckets, seven of eight used at most, with a byte of control each and those of a group more.
    let group = if cfg!(target_feature = "sse2") { 16 } else { 8 };
    kept("table", (1, 1024 * 16 + 1024 + group));
    // Two counts stand before the text.
    kept("shared_texts", (3, 24 + 24 + 40));
    kept("zeros", (1, 100_000));
    kept("texts", (2, 100 + 200));
    kept("collected", (51, 50 * 8 + 50 * 8));
    answer("dropped", (0, 0), (11, 10 * 24 + 10 * 200));
    // Nothing is dropped.
    exit(0);
}
