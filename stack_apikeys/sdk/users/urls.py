"""The URLs of users, passwords and e-mail addresses."""

from django.urls import path

from stack_apikeys.sdk.serializers import serialize_list
from stack_apikeys.sdk.users.views import contact_channels, passwords, users
from stack_apikeys.sdk.views import UserStubView

urlpatterns = [
    path("auth/password/sign-up", users.SignUpView.as_view(), name="sign-up"),
    path("auth/anonymous/sign-up", users.AnonymousSignUpView.as_view(), name="anonymous-sign-up"),
    path("users/me", users.CurrentUserView.as_view(), name="current-user"),
    path("users/<str:user_id>", users.UserView.as_view(), name="user"),
    path(
        "emails/notification-preference/<str:user_id>",
        UserStubView.as_view(answer=serialize_list([])),
        name="notification-preferences",
    ),
    path("project-permissions", users.EmptyUserListView.as_view(), name="project-permissions"),
    path("oauth-providers", users.EmptyUserListView.as_view(), name="oauth-providers"),
    path(
        "connected-accounts/<str:user_id>",
        UserStubView.as_view(answer=serialize_list([])),
        name="connected-accounts",
    ),
    path("auth/password/update", passwords.PasswordUpdateView.as_view(), name="password-update"),
    path("auth/password/set", passwords.PasswordSetView.as_view(), name="password-set"),
    path(
        "auth/password/send-reset-code",
        passwords.SendResetCodeView.as_view(),
        name="send-reset-code",
    ),
    path("auth/password/reset", passwords.ResetPasswordView.as_view(), name="reset-password"),
    path(
        "auth/password/reset/check-code",
        passwords.CheckResetCodeView.as_view(),
        name="check-reset-code",
    ),
    path(
        "contact-channels",
        contact_channels.ContactChannelsView.as_view(),
        name="contact-channels",
    ),
    path(
        "contact-channels/send-verification-code",
        contact_channels.SendCodeView.as_view(),
        name="send-verification-code",
    ),
    path("contact-channels/verify", contact_channels.VerifyView.as_view(), name="verify-email"),
    path(
        "contact-channels/verify/check-code",
        contact_channels.CheckVerificationCodeView.as_view(),
        name="check-verification-code",
    ),
    path(
        "contact-channels/<str:user_id>/<str:channel_id>",
        contact_channels.ContactChannelView.as_view(),
        name="contact-channel",
    ),
    path(
        "contact-channels/<str:user_id>/<str:channel_id>/send-verification-code",
        contact_channels.SendChannelCodeView.as_view(),
        name="send-channel-code",
    ),
]
