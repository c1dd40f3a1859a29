//! What `mx` prints about itself: the manual page and the shells' completion scripts.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use crate::args::{Args, EXAMPLES, EXIT_CODES, SIZES};

/// Makes the completion script for one shell.
pub(crate) fn completions(shell: Shell) -> Vec<u8> {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "mx", &mut out);
    out
}

/// Makes the manual page.
pub(crate) fn man() -> io::Result<Vec<u8>> {
    let man = Man::new(Args::command()).manual("User Commands").date(" ");
    let mut out = Vec::new();
    man.render_title(&mut out)?;
    man.render_name_section(&mut out)?;
    man.render_synopsis_section(&mut out)?;
    man.render_description_section(&mut out)?;
    man.render_options_section(&mut out)?;

    let mut more = Roff::new();
    more.control("SH", ["SIZES"]).text([roman(SIZES)]);
    more.control("SH", ["EXIT STATUS"]);
    for (code, meaning) in EXIT_CODES {
        more.control("TP", []).text([bold(*code)]).text([roman(*meaning)]);
    }
    more.control("SH", ["EXAMPLES"]);
    for (command, meaning) in EXAMPLES {
        more.control("TP", []).text([bold(*command)]).text([roman(*meaning)]);
    }
    out.write_all(more.to_roff().as_bytes())?;
    man.render_version_section(&mut out)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn each_shell_has_completions_for_each_option() {
        for shell in Shell::value_variants() {
            let script = String::from_utf8(completions(*shell)).expect("UTF-8");
            for option in ["chunk-manifest", "with-path", "memory-limit"] {
                assert!(script.contains(option), "{shell}: {option}");
            }
        }
    }

    #[test]
    fn the_manual_page_has_its_sections() {
        let page = String::from_utf8(man().expect("a page")).expect("UTF-8");
        for part in ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "\"EXIT STATUS\"", "EXAMPLES", "VERSION"] {
            assert!(page.contains(&format!(".SH {part}\n")), "{part}");
        }
        assert!(page.contains("\\fB141\\fR") && page.contains("jq"));
        assert!(page.contains("\n.TH mx 1 \" \" \"mx "), "the version does not stand where the date does");
    }
}
