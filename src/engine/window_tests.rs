//! Tests of the window.

use super::*;

fn read(window: &mut Window, offset: u64, min: u64, id: &mut u64) -> Option<Vec<u8>> {
    let read = window.read(offset, min, min, id, Waker::noop())?;
    Some(read.expect("no stop").0.to_vec())
}

#[test]
fn two_halves_satisfy_one_want_and_the_rest_is_dropped() {
    let budget = Budget::new(1 << 20);
    let mut window = Window::new(&budget, 0);
    let mut id = 0;
    assert_eq!(read(&mut window, 10, 4, &mut id), None);
    window.renew();
    assert_eq!(window.round.iter().collect::<Vec<_>>(), [(10, 14)]);
    assert!(!window.accept(12, b"cdXXXX"));
    assert_eq!(window.round.iter().collect::<Vec<_>>(), [(10, 12)]);
    assert!(window.accept(0, b"..........ab"));
    assert_eq!(read(&mut window, 10, 4, &mut id).as_deref(), Some(&b"abcd"[..]));
    assert_eq!(window.pieces.held, 4);
    assert!(!window.is_wanted());
}

#[test]
fn the_end_of_the_file_answers_short_and_missing_bytes_are_named() {
    let budget = Budget::new(1 << 20);
    let mut window = Window::new(&budget, 0);
    let mut id = 0;
    assert_eq!(read(&mut window, 2, 8, &mut id), None);
    window.accept(2, b"xy");
    window.ended = true;
    assert_eq!(read(&mut window, 2, 8, &mut id).as_deref(), Some(&b"xy"[..]));
    assert_eq!(window.missing, BTreeMap::from([(4, 10)]));
    window.eof = Some(4);
    assert_eq!(read(&mut window, 3, 8, &mut 0).as_deref(), Some(&b"y"[..]));
}

/// Single bytes in any order take a small multiple of the bytes, and not the time of their square.
#[test]
fn single_bytes_in_any_order_take_little() {
    const LENGTH: u64 = 64 << 10;
    let odd_first = (0..LENGTH).filter(|at| at % 2 == 1).chain((0..LENGTH).filter(|at| at % 2 == 0));
    let orders: [(Vec<u64>, u64); 3] =
        [((0..LENGTH).collect(), 3), ((0..LENGTH).rev().collect(), 3), (odd_first.collect(), 90)];
    for (order, most) in orders {
        let budget = Budget::new(1 << 30);
        let mut window = Window::new(&budget, 0);
        let mut id = 0;
        assert_eq!(read(&mut window, 0, LENGTH, &mut id), None);
        for at in order {
            window.accept(at, &[at as u8]);
        }
        assert!(window.pieces.map.len() as u64 <= LENGTH / 256, "{}", window.pieces.map.len());
        assert!(budget.peak() < most * LENGTH, "{}", budget.peak());
        let bytes = read(&mut window, 0, LENGTH, &mut id).expect("all of it");
        assert!(bytes.iter().enumerate().all(|(at, byte)| at as u8 == *byte));
    }
}

#[test]
fn what_was_read_goes_and_what_is_wanted_stays() {
    let budget = Budget::new(1 << 20);
    let mut window = Window::new(&budget, 0);
    let (mut short, mut long) = (0, 0);
    assert_eq!(read(&mut window, 0, 10, &mut short), None);
    assert_eq!(read(&mut window, 5, 100, &mut long), None);
    assert!(window.accept(0, &[7; 50]));
    assert!(read(&mut window, 0, 10, &mut short).is_some());
    window.evict(0);
    assert_eq!(window.pieces.held, 50, "the long read wants it still");
    window.forget(5, 100, &mut long);
    window.evict(0);
    assert_eq!((window.pieces.held, budget.used()), (0, 0));
}

/// Of two reads that overlap one ends early: what the other needs is asked for still.
#[test]
fn what_another_read_needs_stays_in_the_round() {
    let mut window = Window::new(&Budget::new(1 << 20), 0);
    let (mut first, mut second) = (0, 0);
    assert!(window.read(0, 10, 50, &mut first, Waker::noop()).is_none());
    assert!(window.read(8, 20, 20, &mut second, Waker::noop()).is_none());
    window.renew();
    assert!(window.accept(0, &[7; 10]));
    assert!(window.read(0, 10, 50, &mut first, Waker::noop()).is_some());
    assert_eq!(window.round.iter().collect::<Vec<_>>(), [(10, 28)]);
    window.forget(8, 20, &mut second);
    assert!(window.round.is_empty());
}

/// Two reads of the same bytes hold them once.
#[test]
fn what_two_reads_want_is_stored_once() {
    let mut window = Window::new(&Budget::new(1 << 20), 0);
    let (mut first, mut second) = (0, 0);
    assert_eq!(read(&mut window, 0, 100, &mut first), None);
    assert_eq!(read(&mut window, 50, 100, &mut second), None);
    assert!(window.accept(0, &[7; 200]));
    assert_eq!((window.pieces.held, window.pieces.map.len()), (150, 1));
}

#[test]
fn nothing_behind_the_end_is_wanted() {
    let mut window = Window::new(&Budget::new(1 << 20), 0);
    assert_eq!(read(&mut window, 10, 100, &mut 0), None);
    window.renew();
    assert!(!window.ends_at(50));
    assert_eq!(window.round.iter().collect::<Vec<_>>(), [(10, 50)]);
}

#[test]
fn a_refused_piece_ends_the_read_with_the_limit() {
    let budget = Budget::new(700);
    let mut window = Window::new(&budget, 0);
    let mut id = 0;
    assert!(window.read(0, 1000, 1000, &mut id, Waker::noop()).is_none());
    assert!(window.accept(0, &[7; 1000]));
    let read = window.read(0, 1000, 1000, &mut id, Waker::noop());
    assert_eq!(read.map(|r| r.map(|_| ())), Some(Err(Stop::Limit)));
}

/// Two halves that fit into the budget, but not together with a copy of both: the read says so, or gives both.
#[test]
fn a_block_of_two_pieces_is_whole_or_refused() {
    for limit in 300..2000 {
        let mut window = Window::new(&Budget::new(limit), 0);
        let (mut other, mut id) = (0, 0);
        assert_eq!(read(&mut window, 5000, 100, &mut other), None);
        assert_eq!(read(&mut window, 0, 200, &mut id), None);
        window.accept(5000, &[1; 100]);
        let _ = window.read(5000, 100, 100, &mut other, Waker::noop());
        window.accept(100, &[7; 100]);
        window.accept(0, &[7; 100]);
        let Some(read) = window.read(0, 200, 200, &mut id, Waker::noop()) else { continue };
        match read {
            Ok((block, end)) => assert_eq!((&*block, end), (&[7; 200][..], None), "{limit}"),
            Err(stop) => assert_eq!(stop, Stop::Limit, "{limit}"),
        }
    }
}

/// Bytes that are waited for as a whole, and of which nothing is said to be missing where they do not come.
#[test]
fn an_arrival_takes_all_or_the_end() {
    let arrives = |window: &mut Window, id: &mut u64| window.arrives(10, 4, id, Waker::noop());
    let mut window = Window::new(&Budget::new(1 << 20), 0);
    let mut id = 0;
    assert!(!arrives(&mut window, &mut id) && !window.accept(10, b"ab") && !arrives(&mut window, &mut id));
    assert!(window.accept(12, b"cd") && arrives(&mut window, &mut id));
    assert!(!window.is_wanted() && window.is_at_hand(10, 4) && !window.is_at_hand(10, 5));
    let mut window = Window::new(&Budget::new(1 << 20), 0);
    assert!(!arrives(&mut window, &mut id) && !window.accept(10, b"ab") && !window.ends_at(13));
    assert!(window.accept(12, b"c") && arrives(&mut window, &mut id) && window.missing.is_empty());
}

/// What is answered by bytes that came anyway is not asked for, and bounds no speculation.
#[test]
fn what_was_answered_unasked_does_not_count() {
    let mut window = Window::new(&Budget::new(1 << 20), 0);
    let (mut first, mut second) = (0, 0);
    assert_eq!(read(&mut window, 0, 100, &mut first), None);
    window.renew();
    assert_eq!(read(&mut window, 200, 50, &mut second), None);
    assert_eq!(read(&mut window, 200, 50, &mut second), None, "asked once more, and counted once");
    assert_eq!((window.tally.asked, window.tally.unasked), (100, 50));
    window.accept(0, &[0; 300]);
    assert!(read(&mut window, 200, 50, &mut second).is_some());
    assert_eq!((window.tally.asked, window.tally.unasked), (100, 0));
    assert!(read(&mut window, 0, 100, &mut first).is_some());
    assert_eq!((window.tally.asked, window.tally.pending), (100, 0));
}

/// A driver that reads one range after the other reads near ones in one piece, but no further than law 2 allows by then.
#[test]
fn near_ranges_are_read_in_one_piece() {
    let mut window = Window::new(&Budget::new(1 << 20), NEAR);
    let mut ids = [0; 40];
    for (at, id) in ids.iter_mut().enumerate() {
        assert_eq!(read(&mut window, at as u64 * 5000, 100, id), None);
    }
    window.renew();
    let (_, first) = window.next_read(u64::MAX).expect("a range");
    let asked = window.tally.asked;
    window.used(20_000);
    assert_eq!(window.next_read(50), Some((0, 50)), "what a driver reads at most");
    let (start, length) = window.next_read(u64::MAX).expect("a range");
    assert!(start == 0 && (first + 10_000..first + 40_000).contains(&length), "{first} {length}");
    assert!(window.tally.asked > asked && window.tally.bridging().small < 20_000);
}

/// What nobody waits for comes in the round of what is waited for, wakes nobody, and is asked for once.
#[test]
fn what_is_asked_for_ahead_comes_along() {
    let mut window = Window::new(&Budget::new(1 << 20), 0);
    let mut id = 0;
    let mut asked = window.ask(500, 100).expect("room for speculation");
    assert_eq!(window.ask(500, 128 << 10), None, "more than speculation may add");
    assert_eq!(read(&mut window, 0, 10, &mut id), None);
    window.renew();
    assert_eq!(window.round.iter().collect::<Vec<_>>(), [(0, 10), (500, 600)]);
    assert!(!window.accept(500, &[1; 100]) && window.accept(0, &[0; 10]));
    assert!(read(&mut window, 0, 10, &mut id).is_some());
    assert_eq!(read(&mut window, 20, 10, &mut id), None);
    window.renew();
    assert_eq!(window.round.iter().collect::<Vec<_>>(), [(20, 30)]);
    window.forget(500, 100, &mut asked);
    assert!(window.is_at_hand(500, 100), "it stays for a while");
    assert_eq!(window.ask(500, 100), None);
    assert_eq!(window.tally.pending, 10);
}
