//! `cms search`: what search makes of a text.

use clap::{Args, Subcommand};
use cms_core::{
    locale::Locale,
    search::analysis::{Analyzer, Purpose},
};
use serde_json::json;

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
        let analyzer = Analyzer::of(&self.locale);
        let purpose = if self.query { Purpose::Query } else { Purpose::Index };
        let analysis = analyzer.analyze(&self.text, purpose);
        let grams: Vec<&str> = analysis.grams.iter().map(|gram| gram.term.as_str()).collect();
        if as_json {
            let words = analysis.words.iter().map(|word| {
                json!({
                    "form": word.form, "term": word.term, "start": word.start, "end": word.end,
                    "position": word.position, "function": word.function,
                })
            });
            output::say(json!({
                "language": analyzer.language().as_str(), "steps": analyzer.steps(),
                "words": words.collect::<Vec<_>>(), "grams": grams,
            }));
            return;
        }
        output::say(format_args!("language  {}", analyzer.language()));
        for step in analyzer.steps() {
            output::say(format_args!("step      {step}"));
        }
        for word in &analysis.words {
            let written = self.text.get(word.start..word.end).unwrap_or_default();
            let note = if word.function { "  (means little)" } else { "" };
            output::say(format_args!("word      {written} → {}{note}", word.term));
        }
        output::say(format_args!("grams     {}", grams.join(" ")));
    }
}
