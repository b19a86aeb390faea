//! `cms search`: what search makes of a text.

use clap::{Args, Subcommand};
use cms_core::{
    locale::Locale,
    search::analysis::{Analyzer, Purpose},
};

use super::{Global, output};

/// See how search reads text.
#[derive(Debug, Args)]
pub(crate) struct Search {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    Explain(Explain),
}

/// Show which steps a locale's text goes through, and what a text becomes.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// The text's locale.
    #[arg(long, value_name = "TAG")]
    locale: Locale,
    /// As a question, not as content that is to be found.
    #[arg(long)]
    query: bool,
    /// The text.
    text: String,
}

impl Search {
    pub(crate) fn run(&self, global: &Global) {
        match &self.what {
            What::Explain(explain) => explain.run(global.json),
        }
    }
}

impl Explain {
    fn run(&self, as_json: bool) {
        let purpose = if self.query { Purpose::Query } else { Purpose::Index };
        let shown = Analyzer::of(&self.locale).explain(&self.text, purpose);
        if as_json {
            output::say(serde_json::json!(shown));
            return;
        }
        output::say(format_args!("language  {}", shown.language));
        for step in &shown.steps {
            output::say(format_args!("step      {step}"));
        }
        for word in &shown.words {
            let note = if word.function { "  (means little)" } else { "" };
            output::say(format_args!("word      {} → {}{note}", word.written, word.term));
        }
        output::say(format_args!("grams     {}", shown.grams.join(" ")));
    }
}
