//! What was found on this machine, and what was not.

use std::fmt;

/// Something that facts are read from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Source {
    /// The system's D-Bus, which all services are reached over.
    Bus,
    /// NetworkManager: whether the internet can be reached, and at what cost.
    NetworkManager,
    /// The kernel's links, addresses and routes.
    Rtnetlink,
    /// systemd-logind: sessions, and who is there.
    Logind,
    /// UPower: batteries and adapters.
    Upower,
    /// The kernel's own list of batteries and adapters, for machines without UPower.
    PowerSupply,
    /// power-profiles-daemon, or what stands in for it: whether energy is to be saved.
    PowerProfiles,
    /// The same under its older name.
    PowerProfilesHadess,
    /// The file that says which zone local time is in.
    LocalTime,
    /// systemd-timedated: notices that the zone was changed. It is most often absent: it exits when it is idle.
    Timedated,
    /// The kernel's pressure stall information.
    Pressure,
}

impl Source {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Bus,
        Self::NetworkManager,
        Self::Rtnetlink,
        Self::Logind,
        Self::Upower,
        Self::PowerSupply,
        Self::PowerProfiles,
        Self::PowerProfilesHadess,
        Self::LocalTime,
        Self::Timedated,
        Self::Pressure,
    ];

    /// Its name in reports and logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bus => "bus",
            Self::NetworkManager => "network-manager",
            Self::Rtnetlink => "rtnetlink",
            Self::Logind => "logind",
            Self::Upower => "upower",
            Self::PowerSupply => "power-supply",
            Self::PowerProfiles => "power-profiles",
            Self::PowerProfilesHadess => "power-profiles-hadess",
            Self::LocalTime => "local-time",
            Self::Timedated => "timedated",
            Self::Pressure => "pressure",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What became of looking for a [`Source`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Found {
    /// Nobody has looked yet.
    #[default]
    NotYet,
    /// It is there and followed.
    Present {
        /// Where it is, or how it is followed.
        how: String,
    },
    /// It is not there, or cannot be read. What it alone knows is unknown.
    Absent {
        /// Why.
        why: String,
    },
}

impl Found {
    pub(crate) fn present(how: impl Into<String>) -> Self {
        Self::Present { how: how.into() }
    }

    pub(crate) fn absent(why: impl fmt::Display) -> Self {
        Self::Absent { why: why.to_string() }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet => f.write_str("not looked for yet"),
            Self::Present { how } => f.write_str(how),
            Self::Absent { why } => write!(f, "absent: {why}"),
        }
    }
}

/// What was found of each [`Source`], at the moment of the question. Displayed with a line for each.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Report(Vec<(Source, Found)>);

impl Report {
    /// Each source with what was found of it, in the order of [`Source::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (Source, &Found)> {
        Source::ALL.into_iter().map(|source| (source, self.of(source)))
    }

    /// What was found of `source`.
    #[must_use]
    pub fn of(&self, source: Source) -> &Found {
        const NOT_YET: &Found = &Found::NotYet;
        self.0.iter().find(|(known, _)| *known == source).map_or(NOT_YET, |(_, found)| found)
    }

    /// True once everything was looked for.
    pub(crate) fn is_complete(&self) -> bool {
        self.iter().all(|(_, found)| *found != Found::NotYet)
    }

    /// Answers whether that is news.
    pub(crate) fn set(&mut self, source: Source, found: Found) -> bool {
        if *self.of(source) == found {
            return false;
        }
        self.0.retain(|(known, _)| *known != source);
        self.0.push((source, found));
        true
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (source, found)) in self.iter().enumerate() {
            let end = if index == 0 { "" } else { "\n" };
            write!(f, "{end}{source}: {found}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_a_line_for_each_source_and_is_complete_when_each_was_looked_for() {
        let mut report = Report::default();
        assert!(report.set(Source::Logind, Found::absent("nobody has that name")));
        assert!(!report.set(Source::Logind, Found::absent("nobody has that name")));
        assert!(!report.is_complete());
        let text = report.to_string();
        assert_eq!(text.lines().count(), Source::ALL.len(), "{text}");
        assert!(text.starts_with("bus: not looked for yet\n"), "{text}");
        assert!(text.contains("\nlogind: absent: nobody has that name\n"), "{text}");
        for source in Source::ALL {
            report.set(source, Found::present("here"));
        }
        assert!(report.is_complete());
    }
}
