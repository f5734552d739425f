//! Samplers, with those of the cases of a parent.

use super::field::{Field, Section};
use crate::sampling::RATES;
use crate::setup::config::{DEFAULT_RATE, ParentBased, Sampler};

/// What else the schema knows is said, with what is used instead.
const CHOICES: [&str; 8] = [
    "always_on",
    "always_off",
    "parent_based",
    "trace_id_ratio_based",
    "probability",
    "composite",
    "jaeger_remote",
    // Ours; the schema leaves room for others.
    "rate_limited",
];

pub(super) fn read(field: &Field<'_>) -> Option<Sampler> {
    field.section(|sampler| {
        let (choice, field) = sampler.component(&CHOICES)?;
        match choice {
            "always_on" => {
                field.empty();
                Some(Sampler::AlwaysOn)
            }
            "always_off" => {
                field.empty();
                Some(Sampler::AlwaysOff)
            }
            "parent_based" => field.section(parent_based),
            "rate_limited" => field.section(|section| {
                let rate = section.value("per_second").and_then(|rate| rate.number(&RATES));
                Sampler::RateLimited(rate.unwrap_or(DEFAULT_RATE))
            }),
            "jaeger_remote" => {
                field.warn("is not supported by this version: its `initial_sampler` decides, and nobody is asked for another");
                field.section(|section| {
                    section.get("endpoint");
                    section.get("interval");
                    section.required("initial_sampler").and_then(|initial| read(&initial))
                })?
            }
            "composite" => composite(&field),
            _ => field.section(ratio),
        }
    })?
}

/// Both samplers of a ratio are the same here, where all of them are consistent.
fn ratio(section: &Section<'_>) -> Sampler {
    let ratio = section.value("ratio").and_then(|ratio| ratio.number(&(0.0..=1.0)));
    // Minus zero would not be equal to itself in a description.
    Sampler::TraceIdRatio(ratio.unwrap_or(1.0).abs())
}

fn parent_based(section: &Section<'_>) -> Sampler {
    let sampler = |key: &'static str, default: Sampler| section.value(key).and_then(|sampler| read(&sampler)).unwrap_or(default);
    Sampler::ParentBased(Box::new(ParentBased {
        root: sampler("root", Sampler::AlwaysOn),
        remote_parent_sampled: sampler("remote_parent_sampled", Sampler::AlwaysOn),
        remote_parent_not_sampled: sampler("remote_parent_not_sampled", Sampler::AlwaysOff),
        local_parent_sampled: sampler("local_parent_sampled", Sampler::AlwaysOn),
        local_parent_not_sampled: sampler("local_parent_not_sampled", Sampler::AlwaysOff),
    }))
}

/// Of what can be composed only the parts, which are samplers by themselves.
fn composite(field: &Field<'_>) -> Option<Sampler> {
    field.section(|section| {
        let (choice, part) =
            section.component(&["always_on", "always_off", "probability", "parent_threshold", "rule_based", "parent_based"])?;
        match choice {
            "always_on" => Some(Sampler::AlwaysOn),
            "always_off" => Some(Sampler::AlwaysOff),
            "probability" => part.section(ratio),
            _ => {
                part.warn("is not supported by this version; the default sampler, parent_based with always_on, is used instead");
                Some(Sampler::default())
            }
        }
    })?
}
