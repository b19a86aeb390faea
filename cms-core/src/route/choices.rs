//! The words that a route's fields are chosen from, as `schemas/route.json` has them.

use serde::{Deserialize, Serialize};

/// Declares an enum whose values are written in `snake_case`.
macro_rules! choices {
    ($($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $value:ident),* $(,)? })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$value_doc])* $value),* }
    )*};
}

choices! {
    /// What kind of organisation runs a route.
    OperatorKind {
        /// Police.
        Police,
        /// A regulator.
        Regulator,
        /// A hotline for illegal content.
        Hotline,
        /// A helpline for children.
        ChildHelpline,
        /// Support for victims.
        VictimSupport,
        /// The platform where it happened.
        Platform,
        /// Another.
        Other,
    }

    /// What kind of way to reach a route.
    ChannelKind {
        /// An emergency call.
        EmergencyCall,
        /// A telephone call.
        Phone,
        /// A text message.
        Sms,
        /// A text relay.
        TextphoneRelay,
        /// Sign language by video.
        VideoSignLanguage,
        /// A chat on the web.
        Webchat,
        /// A form on the web.
        WebForm,
        /// E-mail.
        Email,
        /// An app.
        App,
        /// Post.
        Post,
        /// A place to go to.
        InPerson,
        /// A sealed report.
        Sealed,
    }

    /// From where a number can be dialled.
    DialFrom {
        /// From the country itself.
        Domestic,
        /// From other countries.
        Abroad,
        /// From everywhere.
        Both,
    }

    /// Whether there are interpreters.
    Interpreter {
        /// There are none.
        None,
        /// When one asks for them.
        OnRequest,
        /// Always.
        Always,
    }

    /// What a channel costs.
    Cost {
        /// Nothing.
        Free,
        /// As much as a local call.
        Local,
        /// As much as a call within the country.
        National,
        /// More than that.
        Premium,
        /// It isn't known.
        Unknown,
    }

    /// Whether the bill shows that a channel was used.
    ShowsOnBill {
        /// It does.
        Yes,
        /// It doesn't.
        No,
        /// It isn't known.
        Unknown,
    }

    /// How soon a route acts.
    #[derive(Default)]
    Urgency {
        /// At once.
        Emergency,
        /// Within hours.
        Hours,
        /// Within days.
        Days,
        /// It isn't known.
        #[default]
        Unknown,
    }

    /// What one has to say about oneself.
    Identity {
        /// Nothing.
        AnonymousOk,
        /// Any name.
        PseudonymousOk,
        /// How to be reached.
        ContactNeeded,
        /// One's name.
        NameRequired,
    }

    /// Whether a network address or telephone number may be used to find somebody.
    MayTrace {
        /// It may.
        Yes,
        /// It may not.
        No,
        /// When a life is in danger.
        EmergencyOnly,
        /// It isn't known.
        Unknown,
    }

    /// Whether calls and chats are recorded.
    Recorded {
        /// They are.
        Yes,
        /// They aren't.
        No,
    }

    /// Whether images may be sent to a route.
    AcceptsImagery {
        /// Never.
        Never,
        /// Through a way of its own.
        ViaOwnPortal,
    }
}

impl Identity {
    /// Whether one can get in touch without saying who one is.
    pub const fn lets_stay_unknown(self) -> bool {
        matches!(self, Self::AnonymousOk | Self::PseudonymousOk)
    }
}
