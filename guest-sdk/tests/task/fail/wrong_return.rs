use dormouse_guest::BackgroundTaskInstance;

#[dormouse_guest::task]
async fn run(instance: BackgroundTaskInstance) -> Result<(), std::io::Error> {
    let _ = instance;
    Ok(())
}

fn main() {}
