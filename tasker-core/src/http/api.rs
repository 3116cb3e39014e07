//! What steps call other systems with.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use super::breaker::{BreakerSettings, Breakers};
use super::client::{Clients, Proxies};
use super::config::ApiConfigError;
use super::exchange::exchange;
use super::outcome::{Call, report};
use super::prepare::Prepared;
use super::trouble::Trouble;
use super::{ApiRequest, ApiResponse};
use crate::{Clock, StepError, SystemClock};

/// Calls HTTP APIs for steps: put one into the application state, and copies of it share connections and circuit breakers.
///
/// Calls go by way of the proxies that the variables `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` name, as usual.
///
/// ```
/// # extern crate tasker_core as tasker;
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
/// use tasker_core::http::{Api, ApiConfig, ApiRequest};
/// use tasker_core::{AppState, Attempt, Config, State, StepError, Tasker, workflow};
///
/// #[derive(AppState)]
/// struct App {
///     api: Api,
/// }
///
/// #[workflow(namespace = "shop")]
/// mod order {
///     use super::*;
///
///     #[derive(Serialize, Deserialize, JsonSchema)]
///     pub struct Context {
///         pub cart_id: u64,
///     }
///
///     #[derive(Serialize, Deserialize, JsonSchema)]
///     pub struct Cart {
///         pub cents: u64,
///     }
///
///     #[step(config = ApiConfig::get("https://shop.example/carts/{cart_id}").timeout_secs(10))]
///     pub async fn fetch_cart(
///         ctx: &Context,
///         api: State<Api>,
///         config: Config<ApiConfig>,
///         attempt: Attempt,
///     ) -> Result<Cart, StepError> {
///         let request = ApiRequest::new(&config).values(ctx).attempt(attempt).system("shop");
///         api.call(request).await?.json()
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// # let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
/// # let url = format!("http://{}/carts/{{cart_id}}", listener.local_addr()?);
/// # let server = tokio::spawn(async move {
/// #     let answers = [
/// #         "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
/// #         "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\nConnection: close\r\n\r\n{\"cents\": 1250}",
/// #     ];
/// #     for answer in answers {
/// #         let (mut stream, _) = listener.accept().await.unwrap();
/// #         let mut request = [0; 1_000];
/// #         let size = stream.read(&mut request).await.unwrap();
/// #         assert!(request[..size].starts_with(b"GET /carts/7 HTTP/1.1"));
/// #         stream.write_all(answer.as_bytes()).await.unwrap();
/// #         stream.shutdown().await.unwrap();
/// #     }
/// # });
/// let tasker = Tasker::builder(App { api: Api::new() });
/// # let tasker = Tasker::builder(App { api: Api::builder().without_proxy().build() });
/// # let tasker = tasker.store(tasker_core::MemoryStore::new()).register::<order::Workflow>();
/// # let tasker = tasker.configure::<order::fetch_cart>(&serde_json::json!({ "url": url })).build().await?;
/// # let task = tasker.start::<order::Workflow>(order::Context { cart_id: 7 }).await?;
/// # task.wait().await?;
/// # assert_eq!(task.output::<order::fetch_cart>().await?.unwrap().cents, 1250);
/// # tasker.shutdown().await;
/// # server.await?;
/// # Ok(())
/// # }
/// ```
///
/// Where there is nothing to add, `api.call(&config).await?` is enough.
#[derive(Clone)]
pub struct Api(Arc<Inner>);

struct Inner {
    clients: Clients,
    breakers: Breakers,
    clock: Arc<dyn Clock>,
    random: Mutex<fastrand::Rng>,
}

impl Api {
    /// With the default settings of breakers.
    #[must_use]
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// Starts to say what is to be different.
    pub fn builder() -> ApiBuilder {
        ApiBuilder {
            settings: BreakerSettings::DEFAULT,
            of_systems: Vec::new(),
            clock: Arc::new(SystemClock),
            proxies: Proxies::OfEnvironment,
            seed: None,
        }
    }

    /// Makes a call, and says what its answer means for the step.
    ///
    /// A `&ApiConfig`, a `&Config<ApiConfig>` and an [`ApiRequest`] are calls. When the future is dropped, as when the step times out, so is the
    /// connection.
    ///
    /// # Errors
    /// Each has a code and, as its context, the `request` without secrets; where there was an answer, also its `response_status`,
    /// `response_headers` and the beginning of its `response_body`.
    ///
    /// | code | | |
    /// |---|---|---|
    /// | `HTTP_400`, `401`, `403`, `404`, `422` | permanent | the same call would be refused again |
    /// | `HTTP_429`, `HTTP_503` | retryable | after what `Retry-After` says, 300 s at most; or else after the [backoff](super::Backoff), if the request has its [attempt](ApiRequest::attempt) |
    /// | `HTTP_` and any other status | retryable | after the wait of the step's retry policy, or after the backoff if the [settings](super::ApiConfig) say something of it; so all below, but for the last |
    /// | `HTTP_TIMEOUT` | retryable | the call took longer than `timeout` |
    /// | `HTTP_DNS`, `HTTP_CONNECT`, `HTTP_TLS` | retryable | there is no connection |
    /// | `HTTP_INTERRUPTED` | retryable | the connection was lost, or what came is no HTTP |
    /// | `HTTP_REDIRECT` | retryable | more than five redirects, or one to another host or port, or out of encryption; only those on the same host are followed, `http` to `https` included |
    /// | `HTTP_TOO_LARGE` | permanent | the answer is longer than `max_response_bytes`, and would be again |
    /// | `HTTP_CONFIG` | permanent | the settings and values do not make a call, such as a URL that is too long |
    /// | `CIRCUIT_OPEN` | retryable | the system failed too often; nothing was sent, and the wait is until it is tried again |
    pub async fn call(&self, request: impl Into<ApiRequest>) -> Result<ApiResponse, StepError> {
        self.make(&request.into()).await
    }

    async fn make(&self, request: &ApiRequest) -> Result<ApiResponse, StepError> {
        let prepared = match Prepared::new(request).and_then(|prepared| Self::with_attempt(request, prepared))
        {
            Ok(prepared) => prepared,
            Err(error) => {
                let call = Call::new(request, String::new(), self.0.clock.now(), 0.0);
                return call.outcome(Err(Trouble::Config(error)));
            }
        };
        let mut call = Call::new(request, prepared.shown(), self.0.clock.now(), self.chance());
        let permit = match &request.system {
            Some(system) => Some(self.0.breakers.admit(system).map_err(|open| call.held_back(&open))?),
            None => None,
        };
        let exchanged = exchange(&self.0.clients, prepared, request.config.timeout).await;
        if let Some(permit) = permit {
            permit.report(report(&exchanged));
        }
        // The date in a `Retry-After` is compared with the time at which it came.
        call.now = self.0.clock.now();
        call.outcome(exchanged)
    }

    /// Nothing would read `retries` if nobody said which execution it is.
    fn with_attempt(request: &ApiRequest, prepared: Prepared) -> Result<Prepared, ApiConfigError> {
        if request.config.retries.is_some() && request.attempt.is_none() {
            return Err(ApiConfigError::one(
                "`retries` needs to know which execution this is: give the request its `.attempt(attempt)`, or set the limit on the step",
            ));
        }
        Ok(prepared)
    }

    /// The circuit breakers.
    #[must_use]
    pub fn breakers(&self) -> &Breakers {
        &self.0.breakers
    }

    fn chance(&self) -> f64 {
        self.0.random.lock().unwrap_or_else(PoisonError::into_inner).f64()
    }
}

impl Default for Api {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("breakers", &self.0.breakers).finish_non_exhaustive()
    }
}

/// What is to be different about an [`Api`].
#[derive(Debug, Clone)]
#[must_use]
pub struct ApiBuilder {
    settings: BreakerSettings,
    of_systems: Vec<(String, BreakerSettings)>,
    clock: Arc<dyn Clock>,
    proxies: Proxies,
    seed: Option<u64>,
}

impl ApiBuilder {
    /// When circuit breakers open, and for how long.
    pub fn breaker(mut self, settings: BreakerSettings) -> Self {
        self.settings = settings;
        self
    }

    /// The same for the breaker of one system.
    pub fn breaker_of(mut self, system: impl Into<String>, settings: BreakerSettings) -> Self {
        self.of_systems.push((system.into(), settings));
        self
    }

    /// Calls without a proxy, whatever the variables `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say.
    pub fn without_proxy(mut self) -> Self {
        self.proxies = Proxies::None;
        self
    }

    /// What breakers, and dates in `Retry-After`, are timed by. For tests; the default is the system's clock.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Makes chance (the jitter of waits) repeatable, for tests.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// Makes it. Connections are opened when they are needed.
    #[must_use]
    pub fn build(self) -> Api {
        let Self { settings, of_systems, clock, proxies, seed } = self;
        let random = seed.map_or_else(fastrand::Rng::new, fastrand::Rng::with_seed);
        Api(Arc::new(Inner {
            clients: Clients::new(proxies),
            breakers: Breakers::new(settings, of_systems, Arc::clone(&clock)),
            clock,
            random: Mutex::new(random),
        }))
    }
}
