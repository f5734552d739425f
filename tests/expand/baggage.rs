#[traced(baggage(tenant.id = tenant, "campaign" = %campaign, user.id = 7))]
fn serve(tenant: &str, campaign: Campaign) -> Response {
    campaign.answer()
}
