use super::*;
use crate::ManualClock;
use crate::http::tests::random_cases;

const START: Timestamp = Timestamp::from_micros(1_000_000_000_000);
const SETTINGS: BreakerSettings =
    BreakerSettings { failures: 3, window: Duration::from_mins(1), open_for: Duration::from_secs(30) };

fn breakers() -> (Breakers, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::starting_at(START));
    (Breakers::new(SETTINGS, Vec::new(), Arc::clone(&clock) as _), clock)
}

fn call(breakers: &Breakers, report: Report) {
    breakers.admit("billing").expect("the call is let through").report(report);
}

fn fail(breakers: &Breakers, times: usize) {
    for _ in 0..times {
        call(breakers, Report::Fails);
    }
}

fn state(breakers: &Breakers) -> CircuitState {
    breakers.state("billing").state
}

#[test]
fn failures_in_a_row_open_it_and_calls_are_refused_until_it_is_half_open() {
    let (breakers, clock) = breakers();
    fail(&breakers, 2);
    assert_eq!(breakers.state("billing"), BreakerState { failures: 2, ..BreakerState::default() });
    clock.advance(Duration::from_secs(5));
    fail(&breakers, 1);
    let opened = START + Duration::from_secs(5);
    let open = BreakerState {
        state: CircuitState::Open,
        failures: 3,
        opened_at: Some(opened),
        retry_at: Some(opened + Duration::from_secs(30)),
    };
    assert_eq!(breakers.state("billing"), open);
    clock.advance(Duration::from_secs(10));
    let refused = breakers.admit("billing").err().unwrap();
    assert_eq!((refused.state, refused.wait()), (open, Duration::from_secs(20)));
    clock.advance(Duration::from_secs(20));
    assert_eq!(breakers.state("billing"), BreakerState { state: CircuitState::HalfOpen, ..open });
}

#[test]
fn a_call_that_works_starts_the_count_again() {
    let (breakers, _) = breakers();
    fail(&breakers, 2);
    call(&breakers, Report::Works);
    fail(&breakers, 2);
    assert_eq!(state(&breakers), CircuitState::Closed);
}

#[test]
fn failures_far_apart_do_not_open_it() {
    let (breakers, clock) = breakers();
    for _ in 0..20 {
        fail(&breakers, 1);
        clock.advance(Duration::from_secs(31));
    }
    assert_eq!(breakers.state("billing"), BreakerState { failures: 1, ..BreakerState::default() });
}

#[test]
fn one_probe_goes_through_and_closes_it() {
    let (breakers, clock) = breakers();
    fail(&breakers, 3);
    clock.advance(Duration::from_secs(30));
    let probe = breakers.admit("billing").ok().unwrap();
    clock.advance(Duration::from_secs(2));
    let refused = breakers.admit("billing").err().unwrap();
    assert_eq!((refused.state.state, refused.wait()), (CircuitState::HalfOpen, Duration::from_secs(28)));
    probe.report(Report::Works);
    assert_eq!(breakers.state("billing"), BreakerState::default());
    fail(&breakers, 2);
    assert_eq!(state(&breakers), CircuitState::Closed);
}

#[test]
fn a_probe_that_fails_opens_it_again() {
    let (breakers, clock) = breakers();
    fail(&breakers, 3);
    clock.advance(Duration::from_secs(30));
    call(&breakers, Report::Fails);
    let again = breakers.state("billing");
    assert_eq!((again.state, again.failures), (CircuitState::Open, 4));
    assert_eq!(again.retry_at, Some(START + Duration::from_mins(1)));
}

#[test]
fn a_probe_that_is_given_up_at_once_leaves_its_place() {
    let (breakers, clock) = breakers();
    fail(&breakers, 3);
    clock.advance(Duration::from_secs(30));
    drop(breakers.admit("billing").ok().unwrap());
    assert_eq!(state(&breakers), CircuitState::HalfOpen);
    call(&breakers, Report::Works);
    assert_eq!(state(&breakers), CircuitState::Closed);
}

#[test]
fn a_call_that_is_given_up_is_a_failure_if_it_had_time_for_an_answer() {
    let (breakers, clock) = breakers();
    fail(&breakers, 1);
    for (millis, failures) in [(999, 1), (1_000, 2), (0, 2)] {
        let call = breakers.admit("billing").ok().unwrap();
        clock.advance(Duration::from_millis(millis));
        drop(call);
        assert_eq!(breakers.state("billing").failures, failures, "{millis} ms");
    }
}

#[test]
fn a_probe_that_hangs_gives_up_its_place_and_what_it_says_in_the_end_comes_too_late() {
    let (breakers, clock) = breakers();
    fail(&breakers, 3);
    clock.advance(Duration::from_secs(30));
    let hanging = breakers.admit("billing").ok().unwrap();
    clock.advance(Duration::from_millis(29_999));
    assert_eq!(breakers.admit("billing").err().unwrap().wait(), Duration::from_millis(1));
    clock.advance(Duration::from_millis(1));
    let probe = breakers.admit("billing").ok().unwrap();
    assert_eq!(breakers.admit("billing").err().unwrap().wait(), Duration::from_secs(30));
    hanging.report(Report::Fails);
    assert_eq!(state(&breakers), CircuitState::HalfOpen);
    probe.report(Report::Works);
    assert_eq!(state(&breakers), CircuitState::Closed);
}

#[test]
fn calls_of_before_it_opened_come_too_late() {
    let (breakers, clock) = breakers();
    let (slow, slower) = (breakers.admit("billing").ok().unwrap(), breakers.admit("billing").ok().unwrap());
    fail(&breakers, 3);
    slow.report(Report::Works);
    assert_eq!(state(&breakers), CircuitState::Open);
    clock.advance(Duration::from_secs(30));
    let probe = breakers.admit("billing").ok().unwrap();
    slower.report(Report::Fails);
    assert_eq!(state(&breakers), CircuitState::HalfOpen);
    probe.report(Report::Works);
    assert_eq!(state(&breakers), CircuitState::Closed);
}

#[test]
fn each_system_has_its_own_and_its_own_settings() {
    let clock = Arc::new(ManualClock::starting_at(START));
    let patient = BreakerSettings { failures: 10, ..SETTINGS };
    let breakers = Breakers::new(SETTINGS, vec![("stock".to_owned(), patient)], clock);
    fail(&breakers, 3);
    for _ in 0..9 {
        breakers.admit("stock").ok().unwrap().report(Report::Fails);
    }
    let states: Vec<_> = breakers.all().into_iter().map(|(system, state)| (system, state.state)).collect();
    assert_eq!(
        states,
        [("billing".to_owned(), CircuitState::Open), ("stock".to_owned(), CircuitState::Closed)]
    );
    assert_eq!(breakers.state("never called"), BreakerState::default());
}

#[test]
fn it_can_be_closed_by_hand() {
    let (breakers, _) = breakers();
    fail(&breakers, 3);
    breakers.close("billing");
    breakers.close("never called");
    assert_eq!(breakers.state("billing"), BreakerState::default());
    assert_eq!(breakers.all().len(), 1);
}

#[test]
fn a_clock_that_is_set_back_does_not_keep_it_open() {
    let mut circuit = Circuit::new(SETTINGS);
    for _ in 0..3 {
        circuit.report(0, Report::Fails, START);
    }
    assert!(circuit.admit(START).is_err());
    assert!(circuit.admit(START - Duration::from_hours(1)).is_ok());
}

/// Whatever happens in whatever order: an open breaker lets nothing through, there is one probe at most, and it never stays shut for ever.
#[test]
fn any_history_keeps_the_rules() {
    random_cases(|random| {
        let (breakers, clock) = breakers();
        let mut under_way = Vec::new();
        for _ in 0..random.usize(1..60) {
            match random.u8(..5) {
                0 | 1 => {
                    let before = state(&breakers);
                    match breakers.admit("billing") {
                        Ok(permit) => {
                            assert_ne!(before, CircuitState::Open);
                            under_way.push(permit);
                        }
                        Err(refused) => {
                            assert_ne!(before, CircuitState::Closed);
                            assert!(refused.wait() <= SETTINGS.open_for);
                            assert!(
                                !refused.wait().is_zero(),
                                "who comes back at once uses up their executions"
                            );
                        }
                    }
                    if state(&breakers) == CircuitState::HalfOpen {
                        assert!(breakers.admit("billing").is_err(), "there is a probe already");
                    }
                }
                2 | 3 if !under_way.is_empty() => {
                    let permit = under_way.swap_remove(random.usize(..under_way.len()));
                    match random.u8(..4) {
                        0 => drop(permit),
                        1 => permit.report(Report::Works),
                        _ => permit.report(Report::Fails),
                    }
                }
                _ => clock.advance(Duration::from_secs(random.u64(..40))),
            }
        }
        under_way.clear();
        clock.advance(SETTINGS.open_for);
        assert!(breakers.admit("billing").is_ok(), "everybody went, and still nobody gets in");
    });
}
