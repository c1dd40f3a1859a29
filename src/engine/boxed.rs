//! Futures in boxes: they are heap like all else, and charged as long as they live.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::source::Source;
use super::window::Stop;
use crate::budget::Charge;

/// A future in a box, with the charge for it.
pub(crate) struct Boxed<F: ?Sized> {
    future: Pin<Box<F>>,
    _charge: Charge,
}

impl Source {
    /// Puts a future into a box of its own, so that those that wait for it stay small.
    pub(crate) fn boxed<F: Future>(&self, future: F) -> Result<Boxed<F>, Stop> {
        let charge = Charge::new(self.budget(), size_of::<F>()).map_err(|_| Stop::Limit)?;
        Ok(Boxed { future: Box::pin(future), _charge: charge })
    }
}

impl<'a, F: Future + Send + 'a> Boxed<F> {
    /// The same, whatever the future is.
    pub(super) fn erased(self) -> Boxed<dyn Future<Output = F::Output> + Send + 'a> {
        Boxed { future: self.future, _charge: self._charge }
    }
}

impl<F: Future + ?Sized> Future for Boxed<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.future.as_mut().poll(cx)
    }
}
