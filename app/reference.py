"""The pages /docs (Swagger UI) and /redoc: no script in the page, nothing from elsewhere.

FastAPI's own pages begin with an inline script, which a Content-Security-Policy worth having forbids; here it
is a file. The two bundles come out of the package fastapi-offline.
"""

from functools import cache
from pathlib import Path

import fastapi_offline
from fastapi import APIRouter, FastAPI, Request
from fastapi.staticfiles import StaticFiles
from starlette.responses import HTMLResponse, Response

ASSETS = "/static-offline-docs"
FOLDER = Path(fastapi_offline.__file__).parent / "static"
# Redoc asks its maker's host for a small picture, and does without where there is none.
REDOC_LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg"
# Redoc puts style elements into the page (it shows nothing without), and searches in a worker made of a blob.
REDOC_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    b"font-src 'self'; connect-src 'self'; worker-src blob:; child-src blob:; form-action 'self'; "
    b"base-uri 'none'; frame-ancestors 'none'"
)
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Dateline: {title}</title>
<link rel="icon" href="{root}{assets}/favicon.png">
{style}</head>
<body>
<div id="page" data-openapi="{root}/openapi.json"></div>
<script src="{root}{bundle}"></script>
<script src="{root}/{script}"></script>
</body>
</html>
"""
SWAGGER_SCRIPT = """\
SwaggerUIBundle({
  url: document.getElementById("page").dataset.openapi,
  dom_id: "#page",
  deepLinking: true,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
});
"""
REDOC_SCRIPT = """\
const page = document.getElementById("page");
Redoc.init(page.dataset.openapi, {}, page);
"""

router = APIRouter(include_in_schema=False)


def mount_assets(app: FastAPI) -> None:
    """Serve the files that both pages need."""
    app.mount(ASSETS, StaticFiles(directory=FOLDER), name="reference-assets")


def _make_page(request: Request, *, title: str, bundle: str, script: str, style: str = "") -> Response:
    root = request.scope.get("root_path", "")
    link = f'<link rel="stylesheet" href="{root}{ASSETS}/{style}">\n' if style else ""
    return HTMLResponse(
        PAGE.format(title=title, root=root, assets=ASSETS, bundle=bundle, script=script, style=link)
    )


@router.get("/docs")
async def show_docs(request: Request) -> Response:
    """Show the API with forms to try it."""
    bundle = f"{ASSETS}/swagger-ui-bundle.js"
    return _make_page(request, title="API", bundle=bundle, script="docs.js", style="swagger-ui.css")


@router.get("/redoc")
async def show_redoc(request: Request) -> Response:
    """Show the API to read."""
    request.scope["state"]["page_policy"] = REDOC_POLICY
    return _make_page(request, title="reference", bundle="/redoc-bundle.js", script="redoc.js")


@router.get("/redoc-bundle.js")
def send_redoc_bundle() -> Response:
    """Send Redoc, without what it would load from elsewhere."""
    return Response(_read_redoc(), media_type="text/javascript", headers={"Cache-Control": "max-age=3600"})


@cache
def _read_redoc() -> str:
    return (FOLDER / "redoc.standalone.js").read_text(encoding="utf-8").replace(REDOC_LOGO, "data:,")


@router.get("/docs.js")
async def send_docs_script() -> Response:
    """Send the script that starts /docs."""
    return Response(SWAGGER_SCRIPT, media_type="text/javascript")


@router.get("/redoc.js")
async def send_redoc_script() -> Response:
    """Send the script that starts /redoc."""
    return Response(REDOC_SCRIPT, media_type="text/javascript")
