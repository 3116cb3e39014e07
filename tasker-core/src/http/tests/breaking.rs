//! The circuit breaker, around real calls and in a time that the test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use super::server::{Act, Server, answer};
use super::{NOW, SHORT, told};
use crate::http::{Api, ApiConfig, ApiRequest, BreakerSettings, BreakerState, CircuitState};
use crate::{Clock, ManualClock, StepError, Timestamp};

/// A clock that the test and the calls share.
#[derive(Debug, Clone)]
struct Shared(Arc<ManualClock>);

impl Clock for Shared {
    fn now(&self) -> Timestamp {
        self.0.now()
    }
}

struct Setting {
    api: Api,
    clock: Arc<ManualClock>,
    server: Server,
    status: Arc<AtomicU16>,
}

impl Setting {
    /// Breakers open after three failures within a minute, for half a minute. With status 0 the server says nothing.
    async fn new() -> Self {
        let clock = Arc::new(ManualClock::starting_at(NOW));
        let settings = BreakerSettings { failures: 3, ..BreakerSettings::DEFAULT };
        let api = Api::builder()
            .without_proxy()
            .clock(Shared(Arc::clone(&clock)))
            .breaker(settings)
            .seed(1)
            .build();
        let status = Arc::new(AtomicU16::new(200));
        let says = Arc::clone(&status);
        let server = Server::start(move |_| match says.load(Ordering::SeqCst) {
            0 => vec![Act::Stall],
            status => answer(status, &[], ""),
        })
        .await;
        Self { api, clock, server, status }
    }

    async fn call(&self, status: u16) -> Result<(), StepError> {
        self.status.store(status, Ordering::SeqCst);
        let timeout = if status == 0 { SHORT } else { Duration::from_mins(1) };
        let config = ApiConfig::get(self.server.url("/")).timeout(timeout);
        self.api.call(ApiRequest::new(&config).system("billing")).await.map(drop)
    }

    fn state(&self) -> BreakerState {
        self.api.breakers().state("billing")
    }
}

#[tokio::test]
async fn a_system_that_fails_again_and_again_is_left_alone_until_a_probe_works() {
    let setting = Setting::new().await;
    for status in [500, 429, 503] {
        setting.call(status).await.unwrap_err();
    }
    let until = NOW + Duration::from_secs(30);
    assert_eq!(
        setting.state(),
        BreakerState { state: CircuitState::Open, failures: 3, opened_at: Some(NOW), retry_at: Some(until) }
    );
    setting.clock.advance(Duration::from_secs(10));
    let refused = setting.call(200).await.unwrap_err();
    let (code, permanent, wait) = told(&refused);
    assert_eq!((code, permanent), ("CIRCUIT_OPEN", false));
    assert!((20_000..=22_000).contains(&wait.unwrap()), "{wait:?}");
    assert!(
        refused.message().contains("the circuit of `billing` is open after 3 failures in a row"),
        "{refused}"
    );
    assert!(refused.message().ends_with("is tried again at 2026-11-22T08:00:30.000000Z"), "{refused}");
    assert_eq!(refused.facts()["system"], "billing");
    assert_eq!(setting.server.seen().len(), 3, "nothing was sent");
    setting.clock.advance(Duration::from_secs(20));
    setting.call(200).await.unwrap();
    assert_eq!(setting.state(), BreakerState::default());
}

#[tokio::test]
async fn a_call_that_was_not_made_is_no_failure() {
    let setting = Setting::new().await;
    for _ in 0..9 {
        let _ = setting.call(500).await;
    }
    assert_eq!(setting.state().failures, 3);
    let config = ApiConfig::get("http://{host}/");
    for _ in 0..9 {
        setting.api.call(ApiRequest::new(&config).system("stock")).await.unwrap_err();
    }
    assert!(!setting.api.breakers().all().contains_key("stock"));
}

#[tokio::test]
async fn a_call_that_could_not_be_made_says_nothing_of_its_system() {
    let setting = Setting::new().await;
    for _ in 0..2 {
        setting.call(500).await.unwrap_err();
    }
    let config = ApiConfig::get("https://localhost:1/").ca_file("/no/such/ca.pem");
    let error = setting.api.call(ApiRequest::new(&config).system("billing")).await.unwrap_err();
    assert_eq!(told(&error).0, "HTTP_CONFIG");
    assert_eq!(setting.state().failures, 2);
}

#[tokio::test]
async fn a_value_that_is_too_long_for_a_url_is_nobodys_failure_but_its_own() {
    let setting = Setting::new().await;
    let config = ApiConfig::get(setting.server.url("/{name}"));
    let call = |length: usize| {
        let request = ApiRequest::new(&config).value("name", &"x".repeat(length)).system("billing");
        setting.api.call(request)
    };
    for _ in 0..5 {
        let error = call(70_000).await.unwrap_err();
        assert_eq!(told(&error), ("HTTP_CONFIG", true, None));
        assert!(error.message().contains("the URL has 70") && error.message().len() < 3_000, "{error}");
    }
    assert!(!setting.api.breakers().all().contains_key("billing") && setting.server.seen().is_empty());
    let most = crate::http::prepare::MOST_OF_URL - setting.server.url("/").len();
    call(most).await.unwrap();
    assert_eq!(told(&call(most + 1).await.unwrap_err()).0, "HTTP_CONFIG");
    assert_eq!(setting.server.seen().len(), 1);
}

#[tokio::test]
async fn a_probe_that_fails_begins_another_wait() {
    let setting = Setting::new().await;
    for _ in 0..3 {
        setting.call(500).await.unwrap_err();
    }
    setting.clock.advance(Duration::from_secs(31));
    assert_eq!(told(&setting.call(0).await.unwrap_err()).0, "HTTP_TIMEOUT");
    assert_eq!(setting.state().retry_at, Some(NOW + Duration::from_secs(61)));
    assert_eq!(told(&setting.call(200).await.unwrap_err()).0, "CIRCUIT_OPEN");
}

#[tokio::test]
async fn a_system_that_says_no_works() {
    let setting = Setting::new().await;
    for status in [404, 422, 401, 409, 404, 302, 400] {
        setting.call(status).await.unwrap_err();
    }
    assert_eq!(setting.state(), BreakerState::default());
}

#[tokio::test]
async fn silence_and_refusal_are_failures() {
    let setting = Setting::new().await;
    setting.call(0).await.unwrap_err();
    assert_eq!(setting.state().failures, 1);
    let nobody = ApiConfig::get("http://127.0.0.1:1/");
    for _ in 0..2 {
        setting.api.call(ApiRequest::new(&nobody).system("billing")).await.unwrap_err();
    }
    assert_eq!(setting.state().state, CircuitState::Open);
}

#[tokio::test]
async fn a_call_that_names_no_system_has_no_breaker() {
    let setting = Setting::new().await;
    setting.status.store(500, Ordering::SeqCst);
    for _ in 0..9 {
        let error = setting.api.call(&ApiConfig::get(setting.server.url("/"))).await.unwrap_err();
        assert_eq!(told(&error).0, "HTTP_500");
    }
    assert!(setting.api.breakers().all().is_empty());
}

#[tokio::test]
async fn a_probe_that_is_dropped_lets_the_next_call_through() {
    let setting = Setting::new().await;
    for _ in 0..3 {
        setting.call(500).await.unwrap_err();
    }
    setting.clock.advance(Duration::from_secs(30));
    {
        let probe = setting.call(0);
        tokio::pin!(probe);
        assert!(futures_util::poll!(&mut probe).is_pending());
        assert_eq!(told(&setting.call(200).await.unwrap_err()).0, "CIRCUIT_OPEN", "there is a probe already");
    }
    setting.call(200).await.unwrap();
}

#[tokio::test]
async fn while_a_probe_hangs_nobody_is_told_to_come_back_at_once() {
    let setting = Setting::new().await;
    for _ in 0..3 {
        setting.call(500).await.unwrap_err();
    }
    setting.clock.advance(Duration::from_secs(30));
    setting.status.store(0, Ordering::SeqCst);
    let config = ApiConfig::get(setting.server.url("/")).timeout_secs(120);
    let probe = setting.api.call(ApiRequest::new(&config).system("billing"));
    tokio::pin!(probe);
    assert!(futures_util::poll!(&mut probe).is_pending());
    for seconds in [1, 28] {
        setting.clock.advance(Duration::from_secs(seconds));
        let (code, permanent, wait) = setting
            .call(200)
            .await
            .map_err(|error| {
                let (code, permanent, wait) = told(&error);
                (code.to_owned(), permanent, wait)
            })
            .unwrap_err();
        assert_eq!((code.as_str(), permanent), ("CIRCUIT_OPEN", false));
        assert!(wait.unwrap() >= 1_000, "{wait:?}");
    }
    setting.clock.advance(Duration::from_secs(2));
    setting.call(200).await.unwrap();
    assert_eq!(
        setting.state(),
        BreakerState::default(),
        "another probe took the place of the one that hangs"
    );
}

/// A step has a time limit of its own, and may be shorter than that of the call.
#[tokio::test]
async fn a_system_that_hangs_longer_than_steps_wait_for_it_is_left_alone() {
    let setting = Setting::new().await;
    setting.status.store(0, Ordering::SeqCst);
    let config = ApiConfig::get(setting.server.url("/"));
    let give_up_after = async |wait| {
        let call = setting.api.call(ApiRequest::new(&config).system("billing"));
        tokio::pin!(call);
        assert!(futures_util::poll!(&mut call).is_pending());
        setting.clock.advance(wait);
    };
    for _ in 0..9 {
        give_up_after(Duration::from_millis(900)).await;
    }
    assert_eq!(setting.state().failures, 0, "who goes at once, as when a worker stops, says nothing");
    for _ in 0..3 {
        give_up_after(Duration::from_secs(5)).await;
    }
    assert_eq!((setting.state().state, setting.state().failures), (CircuitState::Open, 3));
    setting.clock.advance(Duration::from_secs(30));
    give_up_after(Duration::from_secs(5)).await;
    assert_eq!((setting.state().state, setting.state().failures), (CircuitState::Open, 4));
}
