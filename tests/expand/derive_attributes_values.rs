#[derive(Attributes)]
struct Customer {
    #[attribute(display)]
    id: Uuid,
    #[attribute(debug)]
    roles: Vec<Role>,
    #[attribute(redact = hash)]
    email: String,
    #[attribute("user.phone", redact = truncate(4), display)]
    phone: Phone,
    #[attribute(redact = erase)]
    note: Option<String>,
}
