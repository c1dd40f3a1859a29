//! The C API called as bytes say: by a C program that keeps the rules of the header, and no others.
//!
//! An input is a count, so many calls of four bytes (which call, on which handle, two small numbers), and the file that they feed.
//! What a C program may not do (use a freed handle, pass a wrong length, wait for a result that nobody adds) is left out here.

use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::{null, null_mut};

use metaextract::ffi::mx_status_t::*;
use metaextract::ffi::*;

use crate::common::json::{escape, parse};

/// Handles of each kind that a program holds at once.
const HANDLES: usize = 4;
const MEMORY: u64 = 16 << 20;

/// Runs a program to its end, and frees what it holds.
pub fn run(data: &[u8]) {
    let Some((&count, rest)) = data.split_first() else { return };
    let calls = (usize::from(count) * 4).min(rest.len() / 4 * 4);
    let (program, file) = rest.split_at(calls);
    let mut host = Host::new(file);
    for call in program.chunks_exact(4) {
        host.call(call[0], usize::from(call[1]) % HANDLES, call[2], call[3]);
    }
}

/// What callbacks are handed: whom to call back, and after how many calls to do so.
struct Caller {
    x: *mut mx_extractor_t,
    deed: u8,
    after: u8,
}

impl Caller {
    /// What a callback may try, though it is told not to.
    fn act(&mut self) -> i32 {
        self.after = self.after.saturating_sub(1);
        if self.after > 0 || self.x.is_null() {
            return 0;
        }
        let mut document = null_mut();
        // SAFETY: the extractor is open, for a call of it is under way.
        unsafe {
            match self.deed {
                1 => return 1,
                2 => mx_cancel(self.x),
                3 => assert_eq!(mx_feed_chunk(self.x, [0].as_ptr(), 1), MX_ERR_STATE),
                4 => assert_eq!(mx_finish(self.x, &mut document), MX_ERR_STATE),
                5 => assert_eq!(mx_wanted(self.x, null_mut(), 0), 0),
                6 => mx_close(self.x),
                7 => drop(usage(self.x)),
                _ => {}
            }
        }
        0
    }
}

unsafe extern "C" fn progress(caller: *mut c_void, _: u64, _: u64) -> i32 {
    // SAFETY: a caller lives as long as the host, and one call is under way at a time.
    unsafe { &mut *caller.cast::<Caller>() }.act()
}

unsafe extern "C" fn record(caller: *mut c_void, line: *const c_char, len: usize) -> i32 {
    // SAFETY: the library passes len bytes.
    let line = unsafe { std::slice::from_raw_parts(line.cast::<u8>(), len) };
    parse(std::str::from_utf8(line).expect("UTF-8"));
    // SAFETY: as in progress.
    unsafe { &mut *caller.cast::<Caller>() }.act()
}

unsafe extern "C" fn write(rest: *mut c_void, data: *const c_char, len: usize) -> i32 {
    // SAFETY: the library passes len bytes, and the counter that it was given.
    let (_, rest) = unsafe { (std::slice::from_raw_parts(data, len), &mut *rest.cast::<u8>()) };
    *rest = rest.saturating_sub(1);
    i32::from(*rest == 0)
}

fn usage(x: *const mx_extractor_t) -> mx_usage_t {
    // SAFETY: numbers only.
    let mut usage: mx_usage_t = unsafe { std::mem::zeroed() };
    usage.struct_size = size_of::<mx_usage_t>();
    // SAFETY: an open extractor, and a struct with its size set.
    assert_eq!(unsafe { mx_usage(x, &mut usage) }, MX_OK);
    usage
}

/// No call may find a bug, guarded or not.
fn said(status: mx_status_t) {
    assert_ne!(status, MX_ERR_PANIC);
}

struct Batch {
    handle: *mut mx_batch_t,
    waiting: usize,
    ended: bool,
}

struct Host<'a> {
    file: &'a [u8],
    options: [*mut mx_options_t; HANDLES],
    /// Whom the callbacks of an options handle know.
    callers: [*mut Caller; HANDLES],
    extractors: [*mut mx_extractor_t; HANDLES],
    /// Whose options each extractor was opened with: several may have the same.
    owners: [usize; HANDLES],
    /// Where the next chunk of each stands.
    pushed: [usize; HANDLES],
    documents: [*mut mx_document_t; HANDLES],
    batch: Option<Batch>,
    /// Where a walk through documents stands.
    pointer: String,
    path: Option<CString>,
}

impl<'a> Host<'a> {
    fn new(file: &'a [u8]) -> Self {
        let callers = std::array::from_fn(|_| Box::into_raw(Box::new(Caller { x: null_mut(), deed: 0, after: 0 })));
        Host {
            file,
            options: [null_mut(); HANDLES],
            callers,
            extractors: [null_mut(); HANDLES],
            owners: [0; HANDLES],
            pushed: [0; HANDLES],
            documents: [null_mut(); HANDLES],
            batch: None,
            pointer: String::new(),
            path: None,
        }
    }

    /// One call; `n` names the handle, `a` and `b` whatever else it takes.
    fn call(&mut self, which: u8, n: usize, a: u8, b: u8) {
        let (o, x, doc) = (self.options[n], self.extractors[n], self.documents[n]);
        // SAFETY: handles are NULL or alive, each is used by this thread alone, and lengths are those of what is passed.
        unsafe {
            (*self.callers[self.owners[n]]).x = x; // whom this call may call back
            match which % 32 {
                0 => self.new_options(n),
                1 => {
                    mx_options_free(o);
                    self.options[n] = null_mut();
                }
                2 => self.set(o, a, self.number(b)),
                3 => self.listen(n, a, b),
                4 => self.open(n, self.options[usize::from(a) % HANDLES], usize::from(a) % HANDLES),
                5 => said(mx_set_length(x, self.number(a))),
                6 => said(mx_set_length(x, self.file.len() as u64)),
                7 | 8 => self.push(n, usize::from(a) << (b % 8)),
                9 => {
                    let part = self.part(a, b);
                    said(mx_feed_at(x, self.number(b), part.as_ptr(), part.len()));
                }
                10 | 11 => {
                    let at = self.place(a);
                    let part = &self.file[at..(at + usize::from(b) * 8).min(self.file.len())];
                    said(mx_feed_at(x, at as u64, part.as_ptr(), part.len()));
                }
                12 | 13 => self.answer(n, usize::from(a)),
                14 => self.wanted(x, usize::from(a)),
                15 => self.finish(n, usize::from(a) % HANDLES),
                16 if a < 16 => mx_cancel(x),
                17 => self.last_error(x, usize::from(a) * 2),
                18 if !x.is_null() => self.limits(x),
                19 => self.close(n),
                20 => self.drop_document(n),
                21 => self.whole(doc, b),
                22 | 23 => self.step(doc, a),
                24 => self.getters(doc),
                25 => self.pointer = self.text(a, b),
                26 => said(mx_read_file(x, self.path(a))),
                27 => self.extract(n, usize::from(a) % HANDLES, b),
                28 => self.batch(a, b),
                29 => drop(mx_detect(self.file.as_ptr(), self.file.len().min(usize::from(a) * 8))),
                30 => assert!(!CStr::from_ptr(mx_status_name(self.number(a) as i32)).is_empty()),
                31 => self.with_null(x, doc, a),
                _ => {}
            }
        }
    }

    /// A number that is likely to matter.
    fn number(&self, a: u8) -> u64 {
        let length = self.file.len() as u64;
        match a {
            0..128 => u64::from(a),
            128..160 => 1 << (a - 128),
            160..192 => length.saturating_sub(u64::from(a - 160)),
            192..208 => length + u64::from(a - 192),
            208..240 => u64::MAX >> (a - 208),
            _ => u64::MAX << (a - 240),
        }
    }

    /// A place in the file: the first ones one by one, then in steps.
    fn place(&self, a: u8) -> usize {
        let length = self.file.len();
        if a < 32 { length.min(usize::from(a) * 4) } else { length * (usize::from(a) - 32) / 224 }
    }

    fn part(&self, a: u8, b: u8) -> &'a [u8] {
        let at = self.place(a);
        &self.file[at..(at + usize::from(b)).min(self.file.len())]
    }

    /// A pointer into documents, or what only looks like one.
    fn text(&self, a: u8, b: u8) -> String {
        const KNOWN: [&str; 8] =
            ["", "/headers", "/warnings/0", "/properties/arrays", "/file/size", "/", "/a~1b~0", "headers"];
        match KNOWN.get(usize::from(a)) {
            Some(known) => (*known).to_owned(),
            None => String::from_utf8_lossy(self.part(a, b)).replace('\0', "/"),
        }
    }

    unsafe fn new_options(&mut self, n: usize) {
        // SAFETY: NULL or options of this host.
        unsafe { mx_options_free(self.options[n]) };
        self.options[n] = mx_options_new();
        // SAFETY: living options. The default limit is more than a fuzzer's time allows to fill.
        said(unsafe { mx_options_set_memory_limit(self.options[n], MEMORY) });
    }

    unsafe fn set(&self, o: *mut mx_options_t, a: u8, number: u64) {
        // SAFETY: NULL or living options.
        said(unsafe {
            match a % 9 {
                0 => mx_options_set_format(o, number as i32),
                1 => mx_options_set_memory_limit(o, number.min(MEMORY)),
                2 => mx_options_set_max_value_bytes(o, number),
                3 => mx_options_set_max_inline_bytes(o, number),
                4 => mx_options_set_max_depth(o, number as u32),
                5 => mx_options_set_chunk_manifest(o, number as i32),
                6 => mx_options_set_statistics(o, i32::from(number > 200)),
                7 => mx_options_set_chunk_size(o, number),
                _ => mx_options_set_merge_gap(o, number),
            }
        });
    }

    unsafe fn listen(&self, n: usize, a: u8, b: u8) {
        let (o, caller) = (self.options[n], self.callers[n]);
        // SAFETY: callers live as long as the host; options are NULL or alive.
        unsafe {
            (*caller).deed = a % 8;
            (*caller).after = b;
            said(match a / 8 % 4 {
                0 => mx_options_set_progress(o, Some(progress), caller.cast()),
                1 => mx_options_set_records(o, Some(record), caller.cast()),
                2 => mx_options_set_progress(o, None, null_mut()),
                _ => mx_options_set_records(o, None, null_mut()),
            });
        }
    }

    /// Opens an extractor in place of another. Callbacks act on the one that was opened last with their options.
    unsafe fn open(&mut self, n: usize, o: *const mx_options_t, caller: usize) {
        self.close(n);
        // SAFETY: options that are NULL or alive, a place for a pointer.
        let status = unsafe {
            (*self.callers[caller]).x = null_mut();
            mx_open(o, &mut self.extractors[n])
        };
        said(status);
        assert_eq!(status == MX_OK, !self.extractors[n].is_null());
        self.owners[n] = caller;
    }

    fn close(&mut self, n: usize) {
        for caller in self.callers {
            // SAFETY: callers live as long as the host.
            unsafe {
                if (*caller).x == self.extractors[n] {
                    (*caller).x = null_mut();
                }
            }
        }
        // SAFETY: NULL or an open extractor.
        unsafe { mx_close(std::mem::replace(&mut self.extractors[n], null_mut())) };
        self.pushed[n] = 0;
    }

    unsafe fn push(&mut self, n: usize, length: usize) {
        let from = self.pushed[n].min(self.file.len());
        let part = &self.file[from..(from + length).min(self.file.len())];
        self.pushed[n] += part.len();
        // SAFETY: NULL or an open extractor, and a part of the file.
        said(unsafe { mx_feed_chunk(self.extractors[n], part.as_ptr(), part.len()) });
    }

    /// Does for a while what the header's example does.
    fn answer(&self, n: usize, rounds: usize) {
        let x = self.extractors[n];
        // SAFETY: numbers only.
        let mut want: mx_range_t = unsafe { std::mem::zeroed() };
        for _ in 0..rounds {
            // SAFETY: NULL or an open extractor, and room for one range.
            if unsafe { mx_wanted(x, &mut want, 1) } == 0 {
                break;
            }
            let from = usize::try_from(want.offset).unwrap_or(usize::MAX).min(self.file.len());
            let to =
                usize::try_from(want.offset.saturating_add(want.length)).unwrap_or(usize::MAX).min(self.file.len());
            let part = &self.file[from..to.max(from)];
            // SAFETY: as above; the part is the file's.
            let status = unsafe { mx_feed_at(x, want.offset, part.as_ptr(), part.len()) };
            said(status);
            if status != MX_OK {
                break;
            }
        }
    }

    fn wanted(&self, x: *const mx_extractor_t, capacity: usize) {
        // SAFETY: numbers only.
        let mut ranges: Vec<mx_range_t> = vec![unsafe { std::mem::zeroed() }; capacity];
        // SAFETY: NULL or an open extractor, and room for so many.
        let count = unsafe { mx_wanted(x, ranges.as_mut_ptr(), capacity) };
        ranges.truncate(count);
        assert!(ranges.iter().all(|range| range.length > 0));
        assert!(ranges.windows(2).all(|two| two[0].offset.saturating_add(two[0].length) <= two[1].offset));
    }

    unsafe fn finish(&mut self, n: usize, to: usize) {
        self.drop_document(to);
        // SAFETY: NULL or an open extractor, a place for a pointer.
        let status = unsafe { mx_finish(self.extractors[n], &mut self.documents[to]) };
        said(status);
        assert_eq!(status as i32 >= 0, !self.documents[to].is_null());
    }

    fn drop_document(&mut self, n: usize) {
        // SAFETY: NULL or a document of this host.
        unsafe { mx_document_free(std::mem::replace(&mut self.documents[n], null_mut())) };
    }

    fn last_error(&self, x: *const mx_extractor_t, size: usize) {
        // SAFETY: numbers only.
        let mut error: mx_error_t = unsafe { std::mem::zeroed() };
        error.struct_size = size.min(size_of::<mx_error_t>());
        // SAFETY: NULL or an open extractor, and a struct with its size set.
        if unsafe { mx_last_error(x, &mut error) } == MX_OK {
            // SAFETY: the library ended the message with NUL.
            let message = unsafe { CStr::from_ptr(error.message.as_ptr()) };
            assert!(message.to_str().is_ok());
            assert_eq!(error.status == 0, message.is_empty());
        }
    }

    fn limits(&self, x: *const mx_extractor_t) {
        let usage = usage(x);
        assert!(usage.memory_now <= usage.memory_peak && usage.memory_peak <= 256 << 20);
    }

    /// The whole document, in one piece and in pieces.
    unsafe fn whole(&self, doc: *const mx_document_t, mut pieces: u8) {
        let mut length = 0;
        // SAFETY: NULL or a living document, a place for the length, a callback that takes the counter.
        unsafe {
            let text = mx_document_json(doc, &mut length);
            if !text.is_null() {
                let text = CStr::from_ptr(text);
                assert_eq!(text.count_bytes(), length);
                parse(text.to_str().expect("UTF-8"));
            }
            said(mx_document_write(doc, Some(write), (&raw mut pieces).cast()));
            assert!((0..=4).contains(&mx_document_format(doc)));
        }
    }

    /// A step down in a document, to one of the members.
    unsafe fn step(&mut self, doc: *const mx_document_t, a: u8) {
        let Ok(pointer) = CString::new(self.pointer.as_str()) else { return };
        let (mut kind, mut count, mut key) = (-1, 0, null());
        // SAFETY: NULL or a living document, places for the results.
        unsafe {
            if mx_document_kind(doc, pointer.as_ptr(), &mut kind, &mut count) != MX_OK {
                self.pointer.clear();
                return;
            }
            let index = usize::from(a) % (count + 1);
            match kind {
                MX_KIND_OBJECT if mx_document_key_at(doc, pointer.as_ptr(), index, &mut key) == MX_OK => {
                    self.pointer += &format!("/{}", escape(CStr::from_ptr(key).to_str().expect("UTF-8")));
                }
                MX_KIND_ARRAY => self.pointer += &format!("/{index}"),
                _ => self.pointer.clear(),
            }
        }
    }

    unsafe fn getters(&self, doc: *const mx_document_t) {
        let Ok(pointer) = CString::new(self.pointer.as_str()) else { return };
        let p = pointer.as_ptr();
        let (mut text, mut length, mut i, mut u, mut d, mut b) = (null(), 0, 0i64, 0u64, 0f64, 0i32);
        // SAFETY: NULL or a living document, places for the results.
        unsafe {
            if mx_document_get_json(doc, p, &mut text, &mut length) == MX_OK {
                parse(CStr::from_ptr(text).to_str().expect("UTF-8"));
            }
            if mx_document_get_string(doc, p, &mut text, &mut length) == MX_OK {
                assert!(std::str::from_utf8(std::slice::from_raw_parts(text.cast::<u8>(), length)).is_ok());
            }
            said(mx_document_get_int64(doc, p, &mut i));
            said(mx_document_get_uint64(doc, p, &mut u));
            said(mx_document_get_double(doc, p, &mut d));
            said(mx_document_get_bool(doc, p, &mut b));
        }
    }

    /// Paths: of the file, of none, of a folder, of nothing.
    fn path(&mut self, a: u8) -> *const c_char {
        match a % 8 {
            0 => c"/nowhere".as_ptr(),
            1 => c"/".as_ptr(),
            2 => c"".as_ptr(),
            3 => c"/dev/null".as_ptr(),
            4 => null(),
            _ => self.stored().as_ptr(),
        }
    }

    /// The file on disk, written when it is first asked for.
    fn stored(&mut self) -> &CString {
        let file = self.file;
        self.path.get_or_insert_with(|| {
            let path = std::env::temp_dir().join(format!("metaextract-fuzz-{}", std::process::id()));
            std::fs::write(&path, file).expect("a temporary file");
            CString::new(path.into_os_string().into_encoded_bytes()).expect("no NUL")
        })
    }

    unsafe fn extract(&mut self, n: usize, to: usize, b: u8) {
        self.drop_document(to);
        // SAFETY: numbers only.
        let mut error: mx_error_t = unsafe { std::mem::zeroed() };
        error.struct_size = size_of::<mx_error_t>();
        let error = if b & 128 == 0 { &raw mut error } else { null_mut() };
        let path = self.path(b);
        // SAFETY: options that are NULL or alive, a place for a pointer, NULL or a struct with its size set.
        unsafe {
            (*self.callers[n]).x = null_mut(); // there is no handle that its callbacks could use
            said(mx_extract_file(path, self.options[n], &mut self.documents[to], error));
        }
    }

    /// One call on the batch.
    unsafe fn batch(&mut self, a: u8, b: u8) {
        let path = self.path(b);
        let (mut tag, mut doc) = (0, null_mut());
        // SAFETY: numbers only.
        let mut error: mx_error_t = unsafe { std::mem::zeroed() };
        error.struct_size = size_of::<mx_error_t>();
        let Some(batch) = &mut self.batch else {
            let mut handle = null_mut();
            // SAFETY: options that are NULL or alive, a place for a pointer.
            let status =
                unsafe { mx_batch_open(self.options[usize::from(b) % HANDLES], u32::from(a % 3), &mut handle) };
            said(status);
            self.batch = (status == MX_OK).then_some(Batch { handle, waiting: 0, ended: false });
            return;
        };
        // SAFETY: an open batch, used by this thread alone; a result is waited for where one must come.
        unsafe {
            match a % 4 {
                0 if batch.waiting < 8 => {
                    let status = mx_batch_add(batch.handle, path, u64::from(b));
                    batch.waiting += usize::from(status == MX_OK);
                    assert_ne!(status, MX_ERR_PANIC);
                }
                1 if batch.waiting > 0 || batch.ended => {
                    let status = mx_batch_next(batch.handle, &mut tag, &mut doc, &mut error);
                    assert_eq!(status, if batch.waiting > 0 { MX_OK } else { MX_DONE });
                    batch.waiting = batch.waiting.saturating_sub(1);
                    mx_document_free(doc);
                }
                2 => {
                    assert_eq!(mx_batch_end(batch.handle), MX_OK);
                    batch.ended = true;
                }
                3 => {
                    mx_batch_close(batch.handle);
                    self.batch = None;
                }
                _ => {}
            }
        }
    }

    /// NULL wherever it is not allowed.
    unsafe fn with_null(&self, x: *mut mx_extractor_t, doc: *const mx_document_t, a: u8) {
        // SAFETY: NULL, or living handles.
        let status = unsafe {
            match a % 8 {
                0 => mx_open(null(), null_mut()),
                1 => mx_feed_chunk(x, null(), 1),
                2 => mx_feed_at(x, 0, null(), 1),
                3 => mx_finish(x, null_mut()),
                4 => mx_last_error(x, null_mut()),
                5 => mx_usage(x, null_mut()),
                6 => mx_document_write(doc, None, null_mut()),
                _ => mx_document_kind(doc, null(), null_mut(), null_mut()),
            }
        };
        assert!(matches!(status, MX_ERR_ARGUMENT | MX_ERR_STATE), "{status:?}");
    }
}

impl Drop for Host<'_> {
    fn drop(&mut self) {
        for n in 0..HANDLES {
            self.close(n);
            self.drop_document(n);
            // SAFETY: everything is freed once, callers when nobody can call them any more.
            unsafe { mx_options_free(self.options[n]) };
        }
        // SAFETY: as above.
        unsafe {
            self.batch.take().inspect(|batch| mx_batch_close(batch.handle));
            self.callers.iter().for_each(|caller| drop(Box::from_raw(*caller)));
        }
        if let Some(path) = self.path.take() {
            drop(std::fs::remove_file(path.to_str().unwrap_or_default()));
        }
    }
}
