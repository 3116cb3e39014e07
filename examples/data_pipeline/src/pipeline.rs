//! The workflow: which currencies are used by how many countries, and what their clocks say meanwhile.

use tasker::workflow;

/// Three sources are read at the same time, put into shape, joined by the country and made into a report.
#[workflow(namespace = "data", name = "data_pipeline", version = "1.0.0")]
pub mod data_pipeline {
    use std::collections::BTreeMap;

    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    use tasker::{Annotate, Annotation, Cancelled, Config, Emit, Event, Output, State, StepError};

    use crate::files::{Files, Written};
    use crate::join::{self, Clocks, Coverage, Line, Money};
    use crate::sources::{Country, Currency, Paging, Region, Row, Sources, Zone};
    use crate::table;

    /// What the report is about. Nothing in it depends on when the steps run, so they say the same whenever they do.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    pub struct Context {
        /// The part of the world; all of it if none is said.
        pub region: Option<Region>,
        /// How many of its countries have to use a currency that is reported.
        #[schemars(range(min = 1, max = 250))]
        pub at_least: usize,
        /// The year whose clocks are looked at. Before 1980, not all of them were whole minutes from each other.
        #[schemars(range(min = 1980, max = 2100))]
        pub year: u16,
    }

    /// The report, as it is kept with the task.
    #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
    pub struct Report {
        /// Where it is to be read, beside the files of the extracts.
        pub written: Written,
        /// Its rows.
        pub lines: Vec<Line>,
        /// The same, to be read by people.
        pub text: String,
    }

    /// Which countries of the report could not be joined: something to find odd tasks by.
    #[derive(Debug, Clone, PartialEq, Eq, Annotation, Serialize, Deserialize, JsonSchema)]
    #[annotation("pipeline.coverage")]
    pub struct Covered(pub Coverage);

    /// A report is there to be read.
    #[derive(Debug, Clone, PartialEq, Eq, Event, Serialize, Deserialize, JsonSchema)]
    #[event("report.ready")]
    pub struct ReportReady {
        /// Its file, in the folder of the task.
        pub file: String,
        /// How many currencies it has.
        pub currencies: usize,
    }

    /// Brings the countries in.
    #[step(
        retry(limit = 5, base = "1s", max = "30s"),
        timeout = "2m",
        config = Paging { rows: 50, pause_ms: 50 }
    )]
    pub async fn extract_countries(
        ctx: &Context,
        sources: State<Sources>,
        paging: Config<Paging>,
        files: Files,
        cancelled: Cancelled,
    ) -> Result<Written, StepError> {
        extract::<Country>(ctx, &sources, &paging, &files, &cancelled).await
    }

    /// Brings the currencies in.
    #[step(
        retry(limit = 5, base = "1s", max = "30s"),
        timeout = "2m",
        config = Paging { rows: 50, pause_ms: 50 }
    )]
    pub async fn extract_currencies(
        ctx: &Context,
        sources: State<Sources>,
        paging: Config<Paging>,
        files: Files,
        cancelled: Cancelled,
    ) -> Result<Written, StepError> {
        extract::<Currency>(ctx, &sources, &paging, &files, &cancelled).await
    }

    /// Brings the time zones in, with their clocks in the year.
    #[step(
        retry(limit = 5, base = "1s", max = "30s"),
        timeout = "2m",
        config = Paging { rows: 50, pause_ms: 50 }
    )]
    pub async fn extract_zones(
        ctx: &Context,
        sources: State<Sources>,
        paging: Config<Paging>,
        files: Files,
        cancelled: Cancelled,
    ) -> Result<Written, StepError> {
        extract::<Zone>(ctx, &sources, &paging, &files, &cancelled).await
    }

    /// The countries of the region: their names by their codes.
    #[step(depends_on = extract_countries)]
    pub async fn select_countries(
        ctx: &Context,
        countries: Output<extract_countries>,
        files: Files,
    ) -> Result<BTreeMap<String, String>, StepError> {
        Ok(join::countries_of(ctx.region, rows(&files, &countries).await?))
    }

    /// What people pay with; funds, metals and what went out of use are left out.
    #[step(depends_on = extract_currencies)]
    pub async fn select_money(
        currencies: Output<extract_currencies>,
        files: Files,
    ) -> Result<Vec<Money>, StepError> {
        Ok(join::money(rows(&files, &currencies).await?))
    }

    /// What the clocks of each country say.
    #[step(depends_on = extract_zones)]
    pub async fn group_zones(
        zones: Output<extract_zones>,
        files: Files,
    ) -> Result<BTreeMap<String, Clocks>, StepError> {
        Ok(join::clocks(rows(&files, &zones).await?))
    }

    /// Joins the three by the country, and groups them by the currency.
    #[step(depends_on = [select_countries, select_money, group_zones])]
    pub async fn join_by_country(
        countries: Output<select_countries>,
        money: Output<select_money>,
        clocks: Output<group_zones>,
        covered: Annotate<Covered>,
    ) -> Result<Vec<Line>, StepError> {
        let (lines, coverage) = join::join(&countries, &money, &clocks);
        covered.set(Covered(coverage));
        Ok(lines)
    }

    /// Writes the report, for people and for whoever waits for the event.
    #[step(depends_on = join_by_country)]
    pub async fn report(
        ctx: &Context,
        joined: Output<join_by_country>,
        files: Files,
        ready: Emit<ReportReady>,
    ) -> Result<Report, StepError> {
        let lines: Vec<_> =
            joined.iter().filter(|line| line.countries.len() >= ctx.at_least).cloned().collect();
        let text = table::report(ctx, &lines);
        let draft = files.draft("report.txt").await?;
        let written = draft.append(text.lines().map(str::to_owned).collect()).await?.finish().await?;
        ready.publish(ReportReady { file: written.file.clone(), currencies: lines.len() });
        Ok(Report { written, lines, text })
    }

    /// Reads a source into a file, page by page: however large the source is, the step holds one page of it, and the database none.
    async fn extract<R: Row>(
        ctx: &Context,
        sources: &Sources,
        paging: &Paging,
        files: &Files,
        cancelled: &Cancelled,
    ) -> Result<Written, StepError> {
        let mut source = sources.open::<R>(ctx.year, paging.clone(), files.attempt()).await?;
        let mut draft = files.draft(&format!("{}.jsonl", R::SOURCE)).await?;
        while let Some(page) = source.page().await {
            if cancelled.is_cancelled() {
                // Another worker begins afresh, at once, and this attempt is not counted.
                return Err(StepError::retryable(format!("interrupted while the {} were read", R::SOURCE)));
            }
            let lines = page.iter().map(serde_json::to_string).collect::<Result<_, _>>()?;
            draft = draft.append(lines).await?;
        }
        Ok(draft.finish().await?)
    }

    /// The rows that an extract wrote.
    async fn rows<R: Row>(files: &Files, written: &Written) -> Result<Vec<R>, StepError> {
        let lines = files.lines(written).await?;
        Ok(lines.iter().map(|line| serde_json::from_str(line)).collect::<Result<_, _>>()?)
    }
}
