//! The lives of apps.

use dormouse::testing::Rig;
use dormouse::{App, AppComponent, AppId};
use dormouse_control::api::{LaunchRequest, LaunchResult};
use dormouse_control::client::{EventsQuery, HostEvent};
use dormouse_core::app::lifecycle::AppState;
use futures::StreamExt as _;

use crate::{Asked, each};

fn install(rig: &Rig) -> AppId {
    let program = std::fs::read(test_artifacts::APP_HEARS_EVERYTHING).unwrap();
    let lives = AppComponent::compile(rig.host.engine(), &program).unwrap();
    let app = AppId::new("alive").unwrap();
    rig.host.install(App::new(app.clone()).app(lives)).unwrap();
    app
}

#[test]
fn an_app_is_led_through_its_life_and_tells_of_it() {
    each(async |Asked { rig, client, .. }| {
        let app = install(rig);
        assert_eq!(client.app_state(&app).await.unwrap().state, AppState::NotRunning);
        let query = EventsQuery { app: Some(app.clone()), ..EventsQuery::default() };
        let mut events = Box::pin(client.events(&query).await.unwrap());
        let launched = client.launch_app(&app, &LaunchRequest::default()).await.unwrap();
        assert_eq!((launched.result, launched.app.state), (LaunchResult::Launched, AppState::Foreground));
        let HostEvent::App(told) = events.next().await.unwrap().unwrap() else { panic!("it is of the app") };
        assert_eq!((told.app, told.session), (app.clone(), 1));
        for (view, state) in [
            (client.hide_app(&app).await, AppState::Background),
            (client.suspend_app(&app).await, AppState::Suspended),
            (client.resume_app(&app).await, AppState::Background),
            (client.show_app(&app).await, AppState::Foreground),
            (client.close_app(&app).await, AppState::NotRunning),
        ] {
            assert_eq!(view.unwrap().state, state);
        }
        client.launch_app(&app, &LaunchRequest::default()).await.unwrap();
        assert_eq!(client.terminate_app(&app).await.unwrap().state, AppState::NotRunning);
    });
}
