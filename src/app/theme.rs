//! Light, dark, or as the system says.

/// The colours that the person wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The next one when the switch is pressed.
    pub fn next(self) -> Self {
        match self {
            Theme::System => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::System,
        }
    }

    /// Its name, as it is kept and as the page's `data-theme` has it.
    pub fn name(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// The theme of that name; the system's for any other text.
    pub fn named(name: &str) -> Self {
        match name {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::System,
        }
    }

    /// What the switch says.
    pub fn label(self) -> &'static str {
        match self {
            Theme::System => "System colours",
            Theme::Light => "Light colours",
            Theme::Dark => "Dark colours",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_switch_goes_round_and_names_are_kept() {
        let mut theme = Theme::default();
        for _ in 0..3 {
            assert_eq!(Theme::named(theme.name()), theme);
            theme = theme.next();
        }
        assert_eq!(theme, Theme::System);
        assert_eq!(Theme::named("<script>"), Theme::System);
    }
}
