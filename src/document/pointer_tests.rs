//! Each question is asked with the text in pieces of every size: every token straddles pieces in some of them.

use std::fmt::Debug;
use std::slice::Chunks;

use super::*;

const TEXT: &str = concat!(
    r#"{"":0,"a/b":1,"m~n":2,"q\"\\\u00e9k":3,"\ud83d\ude00":"\ud83d\ude00!","lone":"x\ud800y\udc00\ud800\ud800","#,
    r#""é":"naïve ✓ \b\f\n\r\t\/","big":18446744073709551615,"low":-9223372036854775808,"over":18446744073709551616,"#,
    r#""real":-1.5e3,"whole":1.0,"huge":1e999,"nan":"NaN","inf":"Infinity","neg":"-Infinity","word":"nan","#,
    r#""t":true,"f":false,"n":null,"list":[10,[],{},"]}",[[[]],{"k":[1]}],-7],"obj":{"x":{"y":[{"z":"deep"}]},"w":"\\"},"#,
    r#""":"second","empty":[],"none":{}}"#
);

type Whole<'p> = Value<'static, 'p, Chunks<'static, u8>>;

/// Asks with the text in one piece, and in pieces of every smaller size.
fn ask<'p, T: PartialEq + Debug>(pointer: &'p str, what: impl Fn(Whole<'p>) -> Result<T>) -> Result<T> {
    let bytes = TEXT.as_bytes();
    let answer = Value::find(bytes.chunks(bytes.len()), pointer).and_then(&what);
    for size in 1..bytes.len() {
        let again = Value::find(bytes.chunks(size), pointer).and_then(&what);
        assert_eq!(again, answer, "{pointer} in chunks of {size}");
    }
    answer
}

fn kind(pointer: &str) -> Result<(Kind, usize)> {
    ask(pointer, Value::kind)
}

fn string(pointer: &str) -> Result<String> {
    ask(pointer, Value::get_str)
}

fn json(pointer: &str) -> Result<String> {
    ask(pointer, Value::get_json)
}

fn error<T: Debug>(result: Result<T>) -> ErrorKind {
    result.expect_err("an error").kind()
}

#[test]
fn keys_are_compared_unescaped() {
    assert_eq!(ask("/", Value::integer::<i64>), Ok(0), "the empty key, and the first of two");
    assert_eq!(ask("/a~1b", Value::integer::<i64>), Ok(1));
    assert_eq!(ask("/m~0n", Value::integer::<i64>), Ok(2));
    assert_eq!(ask("/q\"\\ék", Value::integer::<i64>), Ok(3));
    assert_eq!(string("/😀").as_deref(), Ok("😀!"));
    assert_eq!(json("/obj/x/y/0/z").as_deref(), Ok("\"deep\""));
}

#[test]
fn strings_come_unescaped() {
    assert_eq!(string("/é").as_deref(), Ok("naïve ✓ \u{8}\u{c}\n\r\t/"));
    assert_eq!(string("/lone").as_deref(), Ok("x\u{fffd}y\u{fffd}\u{fffd}\u{fffd}"));
    assert_eq!(string("/obj/w").as_deref(), Ok("\\"));
    assert_eq!(string("/list/3").as_deref(), Ok("]}"));
    assert_eq!(error(string("/t")), ErrorKind::Type);
}

#[test]
fn kinds_and_counts() {
    assert_eq!(kind("/n"), Ok((Kind::Null, 0)));
    assert_eq!(kind("/f"), Ok((Kind::Bool, 0)));
    assert_eq!(kind("/real"), Ok((Kind::Number, 0)));
    assert_eq!(kind("/word"), Ok((Kind::String, 0)));
    assert_eq!(kind("/list"), Ok((Kind::Array, 6)));
    assert_eq!(kind("/empty"), Ok((Kind::Array, 0)));
    assert_eq!(kind("/obj"), Ok((Kind::Object, 2)));
    assert_eq!(kind("/none"), Ok((Kind::Object, 0)));
    assert_eq!(kind(""), Ok((Kind::Object, 25)));
}

#[test]
fn keys_by_index() {
    let key = |pointer: &str, index| ask(pointer, |value| value.key_at(index));
    assert_eq!(key("", 1).as_deref(), Ok("a/b"));
    assert_eq!(key("", 3).as_deref(), Ok("q\"\\ék"));
    assert_eq!(key("", 24).as_deref(), Ok("none"));
    assert_eq!(error(key("", 25)), ErrorKind::NotFound);
    assert_eq!(error(key("/none", 0)), ErrorKind::NotFound);
    assert_eq!(error(key("/list", 0)), ErrorKind::Type);
}

#[test]
fn integers_are_exact_or_of_another_type() {
    assert_eq!(ask("/big", Value::integer::<u64>), Ok(u64::MAX));
    assert_eq!(ask("/low", Value::integer::<i64>), Ok(i64::MIN));
    assert_eq!(ask("/list/5", Value::integer::<i64>), Ok(-7));
    assert_eq!(error(ask("/big", Value::integer::<i64>)), ErrorKind::Type);
    assert_eq!(error(ask("/low", Value::integer::<u64>)), ErrorKind::Type);
    for pointer in ["/over", "/real", "/whole", "/nan", "/n", "/list"] {
        assert_eq!(error(ask(pointer, Value::integer::<u64>)), ErrorKind::Type, "{pointer}");
    }
}

#[test]
fn doubles_include_the_three_words() {
    let number = |pointer: &str| ask(pointer, |value| value.get_f64().map(f64::to_bits)).map(f64::from_bits);
    assert_eq!(number("/real"), Ok(-1500.0));
    assert_eq!(number("/over"), Ok(18446744073709551616.0));
    assert_eq!(number("/inf"), Ok(f64::INFINITY));
    assert_eq!(number("/neg"), Ok(f64::NEG_INFINITY));
    assert!(number("/nan").is_ok_and(f64::is_nan));
    for pointer in ["/word", "/huge", "/t", "/none"] {
        assert_eq!(error(number(pointer)), ErrorKind::Type, "{pointer}");
    }
}

#[test]
fn booleans() {
    assert_eq!(ask("/t", Value::get_bool), Ok(true));
    assert_eq!(ask("/f", Value::get_bool), Ok(false));
    assert_eq!(error(ask("/n", Value::get_bool)), ErrorKind::Type);
}

#[test]
fn json_is_the_text_itself() {
    assert_eq!(json("").as_deref(), Ok(TEXT));
    assert_eq!(json("/list").as_deref(), Ok(r#"[10,[],{},"]}",[[[]],{"k":[1]}],-7]"#));
    assert_eq!(json("/list/4/1/k/0").as_deref(), Ok("1"));
    assert_eq!(json("/😀").as_deref(), Ok(r#""\ud83d\ude00!""#));
    assert_eq!(json("/n").as_deref(), Ok("null"));
}

#[test]
fn indexes_are_those_of_the_rfc() {
    for pointer in [
        "/list/-",
        "/list/00",
        "/list/01",
        "/list/+1",
        "/list/6",
        "/list/",
        "/list/x",
        "/empty/0",
        "/list/99999999999999999999999",
        "/t/0",
        "/nowhere",
        "/obj/x/y/0/z/0",
    ] {
        assert_eq!(error(kind(pointer)), ErrorKind::NotFound, "{pointer}");
    }
}

#[test]
fn bad_pointers_are_arguments() {
    for pointer in ["a", " /a", "/~", "/~2", "/nowhere/~", "#/a"] {
        let error = kind(pointer).expect_err("an error");
        assert_eq!(error.kind(), ErrorKind::Argument, "{pointer}");
        assert!(error.message().contains(pointer), "{error} names {pointer}");
    }
}

#[test]
fn errors_quote_no_value() {
    let error = string("/big").expect_err("an error");
    assert!(error.message().contains("/big") && !error.message().contains("1844"), "{error}");
}

/// Nonsense is not found or of another type; it never panics and never hangs.
#[test]
fn nonsense_never_panics() {
    let bytes = TEXT.as_bytes();
    let pointers = ["", "/list/4/1/k/0", "/none", "/lone", "/obj/x/y/0/z"];
    let ask_all = |text: &[u8]| {
        for pointer in pointers {
            let value = || Value::find(text.chunks(7), pointer);
            let _ = value().and_then(Value::kind);
            let _ = value().and_then(|value| value.key_at(3));
            let _ = value().and_then(Value::get_str);
            let _ = value().and_then(Value::get_f64);
            let _ = value().and_then(Value::get_bool);
            let _ = value().and_then(Value::get_json);
        }
    };
    for cut in 0..bytes.len() {
        ask_all(&bytes[..cut]);
        for byte in [b'"', b'\\', b'{', b'}', b']', b',', 0, 0xFF] {
            let mut broken = bytes.to_vec();
            broken[cut] = byte;
            ask_all(&broken);
        }
        let not_whole = Value::find(bytes[..cut].chunks(7), "").and_then(Value::get_json);
        assert_eq!(error(not_whole), ErrorKind::NotFound, "cut at {cut}");
    }
}

#[test]
fn depth_costs_no_stack() {
    let deep = ["[".repeat(1 << 20), "]".repeat(1 << 20)].concat();
    let value = Value::find(std::iter::once(deep.as_bytes()), "/0/0").and_then(Value::get_json);
    assert_eq!(value.map(|json| json.len()), Ok(deep.len() - 4));
}
