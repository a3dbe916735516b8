"""The routes of pages."""

from litestar import Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from scoring.pages import (
    account,
    asked,
    asking,
    audit,
    case_changes,
    cases,
    connect,
    covenants,
    decisions,
    device,
    given_consent,
    jobs,
    loans,
    monitoring,
    openid,
    papers,
    portfolios,
    promotions,
    reports,
    second_factor,
    sign_in,
    stacking,
    warnings,
    watching,
    webhooks,
)
from scoring.pages.errors import handlers
from scoring.pages.rendering import STYLESHEET_NAME, Pages, stylesheet


@get("/static/{name:str}", sync_to_thread=False)
def get_stylesheet(name: FromPath[str]) -> Response[bytes]:
    """The stylesheet under the name of its content; browsers never ask for it twice."""
    if name != STYLESHEET_NAME:
        raise NotFoundException
    headers = {"Cache-Control": "public, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
    return Response(stylesheet(), media_type="text/css", headers=headers)


_ROUTES: tuple[ControllerRouterHandler, ...] = (
    get_stylesheet,
    sign_in.get_start,
    sign_in.get_sign_in,
    sign_in.post_sign_in,
    sign_in.post_sign_out,
    second_factor.get_code,
    second_factor.post_code,
    second_factor.get_set_up,
    second_factor.post_set_up,
    second_factor.get_own_set_up,
    second_factor.post_own_set_up,
    openid.get_provider,
    openid.get_provider_done,
    device.show_device_link,
    device.use_device_link,
    account.get_account,
    account.post_password,
    account.post_remove,
    decisions.get_list,
    decisions.get_page,
    papers.get_notice,
    papers.get_memo,
    cases.get_queue,
    cases.get_case_page,
    case_changes.get_page,
    cases.post_step,
    asking.post_inquiry,
    asking.post_contest_link,
    asking.post_decision,
    asking.get_document_file,
    loans.get_loan_list,
    loans.get_granting,
    loans.post_granting,
    loans.get_loan_page,
    loans.post_entry,
    connect.show_link,
    connect.agree,
    connect.show_token,
    connect.use_token,
    connect.show_account,
    connect.answer_account,
    connect.decline_link,
    given_consent.withdraw_consent,
    asked.show_inquiry,
    asked.send_answer,
    asked.connect_account,
    asked.come_back,
    audit.get_page,
    promotions.get_list,
    promotions.post_request,
    promotions.get_one,
    promotions.post_end,
    reports.get_report_page,
    reports.get_persons_page,
    stacking.get_stacking_page,
    watching.get_watching_page,
    watching.get_watched_model,
    jobs.get_jobs,
    portfolios.get_list,
    portfolios.get_one,
    covenants.get_list,
    covenants.get_one,
    covenants.post_step,
    warnings.get_list,
    warnings.get_one,
    warnings.post_step,
    monitoring.get_list,
    monitoring.get_one,
    monitoring.post_step,
    webhooks.get_list,
    webhooks.get_one,
    webhooks.post_step,
)


def page_router(pages: Pages) -> Router:
    """All pages under one roof: their failures are pages, too, and the interface description leaves them out."""
    return Router("/", route_handlers=[*_ROUTES], exception_handlers=handlers(pages), include_in_schema=False)
