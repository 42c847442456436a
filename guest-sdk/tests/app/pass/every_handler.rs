#![deny(warnings, unsafe_code)]

mod nest {
    use std::cell::Cell;
    use std::rc::Rc;

    use dormouse_guest::app::{
        ActivatedArgs, App, LaunchArgs, MemoryLimit, MemoryUsage, ResumingArgs, TaskCompletion, TaskProgress, Transition,
    };
    use dormouse_guest::{BackgroundTaskInstance as Instance, TaskError, app};

    type Outcome = Result<(), TaskError>;
    type Shared<T> = Rc<T>;

    /// Documented, and public.
    #[derive(Default)]
    pub struct Nest {
        eggs: Cell<u32>,
    }

    #[app]
    impl App for Nest {
        async fn launched(self: Shared<Self>, args: LaunchArgs) {
            if args.prelaunch || args.previous.restores() {
                self.eggs.set(1);
            }
        }

        async fn activated(self: Rc<Self>, _: ActivatedArgs) {}

        async fn background_activated(self: Rc<Self>, instance: Instance) -> Outcome {
            instance.set_progress(self.eggs.get());
            std::fs::remove_file("/temp/x")?;
            Ok(())
        }

        async fn group_activated(self: Rc<Self>, group: String, _: Instance) -> Outcome {
            Err(TaskError::failed(group))
        }

        async fn entered_background(self: Rc<Self>, transition: Transition) {
            if let Ok(deferral) = transition.deferral() {
                dormouse_guest::spawn(async move {
                    self.eggs.set(2);
                    deferral.complete();
                });
            }
        }

        async fn leaving_background(self: Rc<Self>, _: Transition) {}

        // Not an `async fn`, but as good as one.
        fn suspending(self: Rc<Self>, _: Transition) -> impl Future<Output = ()> {
            std::future::ready(())
        }

        async fn resuming(self: Rc<Self>, _: ResumingArgs) {}

        async fn memory_usage_changed(self: Rc<Self>, _: MemoryUsage) {}

        async fn memory_limit_changing(self: Rc<Self>, _: MemoryLimit) {}

        async fn completed(self: Rc<Self>, _: Vec<TaskCompletion>) {}

        async fn progressed(self: Rc<Self>, _: TaskProgress) {}
    }
}

fn main() {}
