//! Pools and connections as executors of sqlx.

use std::future::poll_fn;

use sqlx::error::BoxDynError;
use sqlx::{Describe, Either, Execute, Executor, SqlStr};

use super::connection::Connection;
use super::drivers::{BoxFuture, BoxStream, Driver, Step};
use super::generated::generate;
use super::pool::Pool;

/// A query, taken apart so that its text can be looked at: an [`Execute`] gives its text away only with all the rest.
struct Parts<DB: Driver> {
    sql: SqlStr,
    statement: Option<DB::Statement>,
    arguments: Result<Option<DB::Arguments>, BoxDynError>,
    persistent: bool,
}

impl<DB: Driver> Parts<DB> {
    /// In the order in which drivers ask: some queries answer otherwise when their arguments are gone.
    fn of<'q>(mut query: impl Execute<'q, DB>) -> Self {
        let statement = query.statement().cloned();
        let arguments = query.take_arguments();
        let persistent = query.persistent();
        Self { statement, arguments, persistent, sql: query.sql() }
    }
}

impl<DB: Driver> Execute<'_, DB> for Parts<DB> {
    fn sql(self) -> SqlStr {
        self.sql
    }

    fn statement(&self) -> Option<&DB::Statement> {
        self.statement.as_ref()
    }

    fn take_arguments(&mut self) -> Result<Option<DB::Arguments>, BoxDynError> {
        std::mem::replace(&mut self.arguments, Ok(None))
    }

    fn persistent(&self) -> bool {
        self.persistent
    }
}

async fn next<DB: Driver>(steps: &mut BoxStream<'_, Step<DB>>) -> Option<Result<Step<DB>, sqlx::Error>> {
    poll_fn(|cx| steps.as_mut().poll_next(cx)).await
}

/// Results alone.
fn results<DB: Driver>(mut steps: BoxStream<'_, Step<DB>>) -> BoxFuture<'_, DB::QueryResult> {
    Box::pin(async move {
        let mut results = DB::QueryResult::default();
        while let Some(step) = next::<DB>(&mut steps).await {
            if let Either::Left(result) = step? {
                results.extend([result]);
            }
        }
        Ok(results)
    })
}

impl<DB: Driver> Pool<DB> {
    /// The steps of a query on a connection that is there as long as they come.
    fn steps<'e>(&self, query: Parts<DB>) -> BoxStream<'e, Step<DB>> {
        let pool = self.clone();
        generate(|items| async move {
            let mut connection = match pool.lease().await {
                Ok(connection) => connection,
                Err(error) => return items.item(Err(error)).await,
            };
            let mut steps = DB::fetch_many(connection.raw(), query);
            while let Some(step) = next::<DB>(&mut steps).await {
                let is_last = step.is_err();
                items.item(step).await;
                if is_last {
                    return;
                }
            }
        })
    }
}

impl<'p, DB: Driver> Executor<'p> for &'_ Pool<DB> {
    type Database = DB;

    fn execute<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, DB::QueryResult>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        let query = Parts::of(query);
        results::<DB>(self.client().execute(query.sql.as_str()).over::<DB>(self.steps(query), false))
    }

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Step<DB>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        let query = Parts::of(query);
        self.client().execute(query.sql.as_str()).over::<DB>(self.steps(query), true)
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Option<DB::Row>>
    where
        'p: 'e,
        E: 'q + Execute<'q, DB>,
    {
        let (pool, query) = (self.clone(), Parts::of(query));
        let running = self.client().execute(query.sql.as_str());
        let fetched = async move { DB::fetch_optional(pool.lease().await?.raw(), query).await };
        Box::pin(running.until::<DB, _>(fetched, |row| Some(row.is_some().into())))
    }

    fn prepare_with<'e>(self, sql: SqlStr, parameters: &'e [DB::TypeInfo]) -> BoxFuture<'e, DB::Statement>
    where
        'p: 'e,
    {
        let pool = self.clone();
        let running = self.client().prepare(sql.as_str());
        let prepared = async move { DB::prepare_with(pool.lease().await?.raw(), sql, parameters).await };
        Box::pin(running.until::<DB, _>(prepared, |_| None))
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Describe<DB>>
    where
        'p: 'e,
    {
        let pool = self.clone();
        Box::pin(async move { DB::describe(pool.lease().await?.raw(), sql).await })
    }
}

impl<'t, DB: Driver> Executor<'t> for &'t mut Connection<'_, DB> {
    type Database = DB;

    fn execute<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, DB::QueryResult>
    where
        't: 'e,
        E: 'q + Execute<'q, DB>,
    {
        let query = Parts::of(query);
        let running = self.client().execute(query.sql.as_str());
        results::<DB>(running.over::<DB>(DB::fetch_many(self.raw(), query), false))
    }

    fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Step<DB>>
    where
        't: 'e,
        E: 'q + Execute<'q, DB>,
    {
        let query = Parts::of(query);
        let running = self.client().execute(query.sql.as_str());
        running.over::<DB>(DB::fetch_many(self.raw(), query), true)
    }

    fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Option<DB::Row>>
    where
        't: 'e,
        E: 'q + Execute<'q, DB>,
    {
        let query = Parts::of(query);
        let running = self.client().execute(query.sql.as_str());
        Box::pin(running.until::<DB, _>(DB::fetch_optional(self.raw(), query), |row| Some(row.is_some().into())))
    }

    fn prepare_with<'e>(self, sql: SqlStr, parameters: &'e [DB::TypeInfo]) -> BoxFuture<'e, DB::Statement>
    where
        't: 'e,
    {
        let running = self.client().prepare(sql.as_str());
        Box::pin(running.until::<DB, _>(DB::prepare_with(self.raw(), sql, parameters), |_| None))
    }

    fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Describe<DB>>
    where
        't: 'e,
    {
        DB::describe(self.raw(), sql)
    }
}
