//! `dormouse:background/sockets`: connections that the host owns and the run has for a while.

use wasmtime::Result;
use wasmtime::component::Resource;

use crate::bindings::v0_1::{Instance, sockets};
use crate::sandbox::RunState;
use crate::sandbox::port::SocketAsk;

type Answer = Result<Result<(), sockets::SocketError>>;

impl RunState {
    fn ask(&self, this: &Resource<Instance>, socket_id: &str, ask: SocketAsk) -> Answer {
        Ok(self.run(this.rep())?.socket(socket_id, ask).map_err(Into::into))
    }
}

impl sockets::Host for RunState {
    fn send(&mut self, this: Resource<Instance>, socket_id: String, bytes: Vec<u8>) -> Answer {
        self.ask(&this, &socket_id, SocketAsk::Send(bytes))
    }

    fn transfer_ownership(&mut self, this: Resource<Instance>, socket_id: String) -> Answer {
        self.ask(&this, &socket_id, SocketAsk::Transfer)
    }

    fn close(&mut self, this: Resource<Instance>, socket_id: String) -> Answer {
        self.ask(&this, &socket_id, SocketAsk::Close)
    }
}
