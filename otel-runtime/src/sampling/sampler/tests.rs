use opentelemetry::trace::{SpanId, TraceFlags};

use super::*;
use crate::sampling::Sampling;

/// Of which the randomness begins with `12`.
const TRACE: u128 = 0x1234_5678_9abc_def0_ff12_0000_0000_0001;

/// A context whose span is such a parent, with this tracestate.
fn parent(case: Parent, state: &str) -> Context {
    let (is_remote, flags) = match case {
        Parent::None => return Context::new(),
        Parent::RemoteSampled => (true, TraceFlags::SAMPLED),
        Parent::RemoteNotSampled => (true, TraceFlags::NOT_SAMPLED),
        Parent::LocalSampled => (false, TraceFlags::SAMPLED),
        Parent::LocalNotSampled => (false, TraceFlags::NOT_SAMPLED),
    };
    let state = state.parse().expect("it is a tracestate");
    Context::new().with_remote_span_context(SpanContext::new(TRACE.into(), SpanId::from(7), flags, is_remote, state))
}

fn asked(sampler: &Sampler, parent: &Context, trace: TraceId) -> SamplingResult {
    sampler.should_sample(Some(parent), trace, "name", &SpanKind::Internal, &[], &[])
}

fn decided(sampler: &Sampler, case: Parent) -> SamplingDecision {
    asked(sampler, &parent(case, ""), TRACE.into()).decision
}

fn ratio(ratio: f64) -> Sampler {
    Sampler::ratio(ratio).expect("it is a ratio")
}

fn limited(per_second: f64) -> Sampler {
    Sampler::rate_limited(per_second).expect("it is a rate")
}

/// Decides for processors in the program only.
#[derive(Clone, Debug)]
struct RecordsOnly;

impl ShouldSample for RecordsOnly {
    fn should_sample(&self, _: Option<&Context>, _: TraceId, _: &str, _: &SpanKind, _: &[KeyValue], _: &[Link]) -> SamplingResult {
        SamplingResult { decision: SamplingDecision::RecordOnly, ..dropped(&TraceState::NONE) }
    }
}

#[test]
fn each_case_of_a_parent_asks_its_own_sampler() {
    for own in Parent::ALL {
        // Everything is dropped but in one case.
        let others = Sampler::always_off().parent_based();
        let others = others.remote_parent_sampled(Sampler::always_off()).local_parent_sampled(Sampler::always_off());
        let special = || Sampler::custom(RecordsOnly);
        let sampler: Sampler = match own {
            Parent::None => ParentBased {
                samplers: [
                    special(),
                    others.samplers[1].clone(),
                    others.samplers[2].clone(),
                    others.samplers[3].clone(),
                    others.samplers[4].clone(),
                ],
            },
            Parent::RemoteSampled => others.remote_parent_sampled(special()),
            Parent::RemoteNotSampled => others.remote_parent_not_sampled(special()),
            Parent::LocalSampled => others.local_parent_sampled(special()),
            Parent::LocalNotSampled => others.local_parent_not_sampled(special()),
        }
        .into();
        for case in Parent::ALL {
            let expected = if case == own { SamplingDecision::RecordOnly } else { SamplingDecision::Drop };
            assert_eq!(decided(&sampler, case), expected, "{own:?}: {case:?}");
            assert_eq!(Sampling::from(&sampler).is_ruled_out(case), case != own, "{own:?}: {case:?}");
        }
    }
}

#[test]
fn a_parent_s_decision_is_followed_where_nothing_else_is_said() {
    let sampler: Sampler = limited(1.0).parent_based().into();
    for case in [Parent::RemoteSampled, Parent::LocalSampled] {
        assert_eq!(decided(&sampler, case), SamplingDecision::RecordAndSample);
    }
    for case in [Parent::RemoteNotSampled, Parent::LocalNotSampled] {
        assert_eq!(decided(&sampler, case), SamplingDecision::Drop);
    }
    assert_eq!(decided(&sampler, Parent::None), SamplingDecision::RecordAndSample, "none of them took from the limit");
    assert_eq!(decided(&sampler, Parent::None), SamplingDecision::Drop);
}

/// Whatever is said to be ruled out is really never sampled, whatever samplers are put together.
#[test]
fn what_is_known_of_a_sampler_is_true() {
    let simple =
        || [Sampler::always_on(), Sampler::always_off(), ratio(0.0), ratio(0.5), ratio(1.0), limited(1e6), Sampler::custom(RecordsOnly)];
    let with: [fn(ParentBased, Sampler) -> ParentBased; 4] = [
        ParentBased::remote_parent_sampled,
        ParentBased::remote_parent_not_sampled,
        ParentBased::local_parent_sampled,
        ParentBased::local_parent_not_sampled,
    ];
    let based = simple().into_iter().flat_map(|root| with.iter().map(move |with| (root.clone(), with)));
    let based = based.flat_map(|(root, with)| simple().map(|branch| Sampler::from(with(root.clone().parent_based(), branch))));
    let mut ruled_out = 0;
    for sampler in simple().into_iter().chain(based) {
        for case in Parent::ALL {
            if Sampling::from(&sampler).is_ruled_out(case) {
                ruled_out += 1;
                let drops = |trace: u128| asked(&sampler, &parent(case, ""), trace.into()).decision == SamplingDecision::Drop;
                assert!((1..20).all(|trace| drops(trace << 51)), "{sampler}: {case:?}");
            }
        }
    }
    assert!(ruled_out > 100, "{ruled_out}");
}

#[test]
fn a_limit_does_not_tear_a_trace_inside_of_a_process() {
    let sampler = limited(1.0);
    assert_eq!(decided(&sampler, Parent::LocalNotSampled), SamplingDecision::Drop);
    for _ in 0..3 {
        assert_eq!(decided(&sampler, Parent::LocalSampled), SamplingDecision::RecordAndSample);
    }
    assert_eq!(decided(&sampler.clone(), Parent::RemoteNotSampled), SamplingDecision::RecordAndSample, "a clone has the same limit");
    assert_eq!(decided(&sampler, Parent::RemoteSampled), SamplingDecision::Drop, "what callers decided does not matter");
}

#[test]
fn a_ratio_decides_by_the_trace_alone_and_says_how() {
    // The randomness of this trace begins with `80`.
    let trace = TraceId::from(0x00ff_ffff_ffff_ffff_ff80_0000_0000_0000);
    for case in Parent::ALL {
        let of = |sampler: &Sampler| asked(sampler, &parent(case, "ot=k:v,a=b"), trace);
        let kept = of(&ratio(0.5));
        assert_eq!(kept.decision, SamplingDecision::RecordAndSample);
        let expected = if case == Parent::None { "ot=th:8" } else { "ot=th:8;k:v,a=b" };
        assert_eq!(kept.trace_state.header(), expected);
        assert_eq!(of(&ratio(0.499)).decision, SamplingDecision::Drop);
        assert_eq!(of(&ratio(0.0)).decision, SamplingDecision::Drop);
        assert!(case == Parent::None || of(&ratio(0.0)).trace_state.header() == "ot=k:v,a=b", "what others wrote goes on");
    }
}

#[test]
fn explicit_randomness_comes_before_that_of_the_id() {
    let of = |state: &str| asked(&ratio(0.5), &parent(Parent::RemoteSampled, state), TRACE.into());
    assert_eq!(of("ot=rv:80000000000000").trace_state.header(), "ot=th:8;rv:80000000000000");
    assert_eq!(of("ot=rv:7fffffffffffff").decision, SamplingDecision::Drop);
    assert_eq!(of("ot=rv:80").decision, SamplingDecision::Drop, "what is no randomness does not count, and that of the id is small");
}

#[test]
fn a_threshold_that_is_not_true_of_a_span_does_not_go_on() {
    // The randomness of the trace is less than a half.
    let header = |sampler: &Sampler, case, state: &str| asked(sampler, &parent(case, state), TRACE.into()).trace_state.header();
    let follows: Sampler = ratio(0.5).parent_based().into();
    assert_eq!(header(&follows, Parent::RemoteSampled, "ot=th:1,a=b"), "ot=th:1,a=b");
    assert_eq!(header(&follows, Parent::RemoteSampled, "ot=th:8,a=b"), "a=b", "the caller sampled it for another reason");
    assert_eq!(header(&follows, Parent::RemoteSampled, "a=b"), "a=b");
    assert_eq!(header(&Sampler::always_on(), Parent::RemoteSampled, "ot=th:1,a=b"), "ot=th:0,a=b");
    assert_eq!(header(&Sampler::always_on(), Parent::RemoteSampled, "a=b"), "a=b");
    assert_eq!(header(&limited(1.0), Parent::RemoteSampled, "ot=th:1,a=b"), "a=b");
    assert_eq!(header(&limited(1.0), Parent::LocalSampled, "ot=th:1,a=b"), "ot=th:1,a=b");
    // Sampled twice, so the higher threshold is the one that was applied.
    let twice: Sampler = ratio(0.5).parent_based().remote_parent_sampled(ratio(0.9375)).into();
    let rv = "rv:ffffffffffffff";
    assert_eq!(header(&twice, Parent::RemoteSampled, &format!("ot=th:8;{rv}")), format!("ot=th:8;{rv}"));
    assert_eq!(header(&twice, Parent::RemoteSampled, &format!("ot=th:04;{rv}")), format!("ot=th:1;{rv}"));
    assert_eq!(header(&twice, Parent::RemoteSampled, &format!("ot={rv}")), format!("ot={rv}"));
}

#[test]
fn descriptions_are_those_of_the_specification() {
    let cases: [(Sampler, &str); 8] = [
        (Sampler::always_on(), "AlwaysOnSampler"),
        (Sampler::always_off(), "AlwaysOffSampler"),
        (ratio(0.0001), "TraceIdRatioBased{0.000100}"),
        (ratio(-0.0), "TraceIdRatioBased{0.000000}"),
        (ratio(0.000_000_012_5), "TraceIdRatioBased{0.0000000125}"),
        (limited(2.5), "RateLimited{2.5}"),
        (Sampler::custom(RecordsOnly), "RecordsOnly"),
        (
            ratio(1.0).parent_based().local_parent_sampled(limited(10.0)).into(),
            "ParentBased{root:TraceIdRatioBased{1.000000},remoteParentSampled:AlwaysOnSampler,remoteParentNotSampled:AlwaysOffSampler,\
             localParentSampled:RateLimited{10},localParentNotSampled:AlwaysOffSampler}",
        ),
    ];
    for (sampler, description) in cases {
        assert_eq!(sampler.to_string(), description);
    }
}

#[test]
fn numbers_that_no_sampler_can_be_made_of_are_said() {
    let said = |sampler: Result<Sampler, SamplerError>| sampler.expect_err("it is out of range").to_string();
    assert_eq!(said(Sampler::ratio(f64::NAN)), "`NaN` is not a ratio from 0 to 1");
    assert_eq!(said(Sampler::rate_limited(0.0)), "`0` is not a number of traces per second from 0.001 to 1000000");
}
