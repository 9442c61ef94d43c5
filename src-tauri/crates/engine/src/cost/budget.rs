//! What may be spent.

use std::fmt;

use spillway_profile::Budget;

use crate::settings::CostSettings;

/// Which limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BudgetOf {
    /// `per_job_usd` of the profile.
    Job,
    /// `per_month_usd` of the profile.
    ProfileMonth,
    /// `month_usd` of the settings.
    Month,
}

/// More than a limit allows would be spent. Amounts are millionths of a US dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OverBudget {
    /// Which.
    pub which: BudgetOf,
    /// Most that is allowed.
    pub limit_microusd: i64,
    /// Settled and reserved.
    pub spent_microusd: i64,
    /// What was to come on top.
    pub asked_microusd: i64,
}

impl fmt::Display for OverBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let limit = match self.which {
            BudgetOf::Job => "a job of this profile may cost",
            BudgetOf::ProfileMonth => "this profile may cost in a month",
            BudgetOf::Month => "the cloud may cost in a month",
        };
        let [limit_usd, spent, asked] =
            [self.limit_microusd, self.spent_microusd, self.asked_microusd].map(dollars);
        write!(
            f,
            "{limit_usd} is what {limit}; {spent} is spent or reserved, and this would cost up to {asked}."
        )
    }
}

/// All limits that hold for a job.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Limits {
    job: Option<i64>,
    profile_month: Option<i64>,
    month: Option<i64>,
}

impl Limits {
    /// Of a profile and of the settings.
    pub(crate) fn of(budget: Budget, settings: &CostSettings) -> Self {
        Self {
            job: budget.per_job_usd.map(microusd),
            profile_month: budget.per_month_usd.map(microusd),
            month: settings.month_usd.map(microusd),
        }
    }

    /// Those that are set, narrowest first.
    pub(crate) fn set(&self) -> impl Iterator<Item = (BudgetOf, i64)> {
        [
            (BudgetOf::Job, self.job),
            (BudgetOf::ProfileMonth, self.profile_month),
            (BudgetOf::Month, self.month),
        ]
        .into_iter()
        .filter_map(|(which, limit)| Some((which, limit?)))
    }
}

/// US dollars as somebody typed them, in millionths; what is no amount of money is none.
pub(crate) fn microusd(usd: f64) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "saturates; NaN becomes 0")]
    let microusd = (usd * 1e6).round() as i64;
    microusd.max(0)
}

/// For people: `$1.50`, and small amounts with as many digits as they need: `$0.0025`.
pub(crate) fn dollars(microusd: i64) -> String {
    let sign = if microusd < 0 { "-" } else { "" };
    let (whole, rest) = (microusd.unsigned_abs() / 1_000_000, microusd.unsigned_abs() % 1_000_000);
    let digits = format!("{rest:06}");
    let shown = if whole > 0 || rest >= 100_000 { 2 } else { 6 };
    let rounded = microusd.unsigned_abs().saturating_add(5_000) / 10_000;
    if shown == 2 {
        return format!("{sign}${}.{:02}", rounded / 100, rounded % 100);
    }
    let kept = digits.trim_end_matches('0');
    format!("{sign}$0.{kept:0<2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_told_as_people_write_them() {
        let told = [0, 2_500, 1_500_000, 250_000, 999_999, 1_234_567_890, 10_000, -2_500].map(dollars);
        let expected = ["$0.00", "$0.0025", "$1.50", "$0.25", "$1.00", "$1234.57", "$0.01", "-$0.0025"];
        assert_eq!(told, expected);
    }

    #[test]
    fn what_is_no_amount_of_money_is_none() {
        assert_eq!([0.68, 1e300, -3.0, f64::NAN].map(microusd), [680_000, i64::MAX, 0, 0]);
    }
}
