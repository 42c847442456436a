use dormouse_guest::BackgroundTaskInstance;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) {
    let _ = instance;
}

fn main() {}
