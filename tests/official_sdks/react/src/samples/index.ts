import type { ComponentType } from "react";

import ApiKeysList from "./ApiKeysList";
import CheckApiKey from "./CheckApiKey";
import CheckTeamApiKey from "./CheckTeamApiKey";
import CreateApiKey from "./CreateApiKey";
import CreateTeamApiKey from "./CreateTeamApiKey";
import RevokeApiKey from "./RevokeApiKey";
import RevokeTeamApiKey from "./RevokeTeamApiKey";
import TeamApiKeysList from "./TeamApiKeysList";

/** By name; each takes what it needs of these. */
export const samples: Record<string, ComponentType<{ teamId: string; apiKeyId: string }>> = {
  ApiKeysList,
  CheckApiKey,
  CheckTeamApiKey,
  CreateApiKey,
  CreateTeamApiKey,
  RevokeApiKey,
  RevokeTeamApiKey,
  TeamApiKeysList,
};
