use dormouse_guest::TaskError;

#[dormouse_guest::task]
async fn run() -> Result<(), TaskError> {
    Ok(())
}

fn main() {}
