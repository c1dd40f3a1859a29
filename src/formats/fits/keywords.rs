//! The values of a header that the structure of the HDU may depend on, by keyword.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::card::{KEYWORD, Value};

/// The first value of each keyword of a header, and which card it was.
#[derive(Debug, Default)]
pub(crate) struct Keywords(BTreeMap<Name, (u64, Value<'static>)>);

/// A keyword. One of up to eight bytes, as nearly all are, is a number, which is compared in one go.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    /// The first bytes in their order, with zeros behind them.
    head: u64,
    /// All of it, where that is not the head.
    all: Option<Box<str>>,
}

impl Name {
    #[inline]
    pub(crate) fn of(keyword: &str) -> Name {
        let length = keyword.len().min(KEYWORD);
        let mut head = [0; KEYWORD];
        head[..length].copy_from_slice(&keyword.as_bytes()[..length]);
        // one that has zeros itself could not be told from a shorter one
        let fits = length == keyword.len() && head[..length].iter().all(|byte| *byte != 0);
        Name { head: u64::from_be_bytes(head), all: (!fits).then(|| keyword.into()) }
    }

    /// The keyword `prefix` with number `n` behind it.
    fn numbered(prefix: &str, n: u64) -> Name {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(n);
        let mut head = [0; KEYWORD];
        let Some(place) = head.get_mut(..prefix.len() + digits.len()) else {
            return Name::of(&format!("{prefix}{digits}"));
        };
        let (front, back) = place.split_at_mut(prefix.len());
        front.copy_from_slice(prefix.as_bytes());
        back.copy_from_slice(digits.as_bytes());
        Name { head: u64::from_be_bytes(head), all: None }
    }

    /// The keyword as text, for which there is room.
    pub(crate) fn text<'n>(&'n self, room: &'n mut [u8; KEYWORD]) -> &'n str {
        if let Some(all) = &self.all {
            return all;
        }
        *room = self.head.to_be_bytes();
        let length = KEYWORD - self.head.trailing_zeros() as usize / 8;
        std::str::from_utf8(&room[..length]).unwrap_or_default()
    }
}

impl Keywords {
    /// Where a keyword is kept.
    pub(crate) fn entry(&mut self, name: Name) -> Entry<'_, Name, (u64, Value<'static>)> {
        self.0.entry(name)
    }

    #[inline]
    pub(crate) fn get(&self, keyword: &str) -> Option<&Value<'static>> {
        self.0.get(&Name::of(keyword)).map(|(_, value)| value)
    }

    #[inline]
    pub(crate) fn text(&self, keyword: &str) -> Option<&str> {
        self.get(keyword)?.as_text()
    }

    #[inline]
    pub(crate) fn integer(&self, keyword: &str) -> Option<i64> {
        self.get(keyword)?.as_integer()
    }

    #[inline]
    pub(crate) fn is_true(&self, keyword: &str) -> bool {
        self.get(keyword) == Some(&Value::Bool(true))
    }

    /// Keyword `prefix` with number `n` behind it, and which card of the header it is.
    pub(crate) fn numbered(&self, prefix: &str, n: u64) -> Option<(u64, &Value<'static>)> {
        self.0.get(&Name::numbered(prefix, n)).map(|(place, value)| (*place, value))
    }

    /// The value, and which card of the header it is, from 0.
    pub(crate) fn placed(&self, keyword: &str) -> Option<(u64, &Value<'static>)> {
        self.0.get(&Name::of(keyword)).map(|(place, value)| (*place, value))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Name, &Value<'static>)> {
        self.0.iter().map(|(name, (_, value))| (name, value))
    }

    #[cfg(test)]
    pub(crate) fn of(cards: &[&str]) -> Self {
        let mut keywords = Keywords::default();
        for (place, image) in cards.iter().enumerate() {
            let image = format!("{image:<80}");
            let card = super::card::Card::parse(image.as_bytes());
            keywords.entry(Name::of(&card.keyword)).or_insert((place as u64, card.value.into_owned()));
        }
        keywords
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_length_are_found_and_no_two_fall_together() {
        let cards = ["A       = 1", "A\0      = 2", "HIERARCH LONG NAME = 3", "HIERARCH ZNAXIS100 = 4", "NAXIS999= 5"];
        let keywords = Keywords::of(&cards);
        let found = ["A", "A\0", "LONG NAME", "ZNAXIS100", "NAXIS999"].map(|name| keywords.integer(name));
        assert_eq!(found, [1, 2, 3, 4, 5].map(Some));
        let numbered = |prefix, n| keywords.numbered(prefix, n).and_then(|(_, value)| value.as_integer());
        assert_eq!((numbered("ZNAXIS", 100), numbered("NAXIS", 999), numbered("NAXIS", 1)), (Some(4), Some(5), None));
        let names: Vec<String> = keywords.iter().map(|(name, _)| name.text(&mut [0; KEYWORD]).to_owned()).collect();
        assert_eq!(names, ["A", "A\0", "LONG NAME", "NAXIS999", "ZNAXIS100"]);
    }
}
