"""Who may use the server: no sign-in, passwords in a file, the proxy's word, or OpenID Connect.

    auth.install(app, settings)          # in create_app, inside the headers, outside all else
    user_of(scope)                       # anywhere further in: "amy", or "" where nobody signs in

``install`` puts one gate before every route, so that the API, Gradio's own routes and the source
pages obey the same rule as the page. The open addresses are one list, ``auth.gate.OPEN``. It does
not decide what a signed-in user may do, and it logs no names.
"""

from ragbot.web.auth.gate import can_sign_out, user_of
from ragbot.web.auth.install import believe_proxies, install

__all__ = ["believe_proxies", "can_sign_out", "install", "user_of"]
