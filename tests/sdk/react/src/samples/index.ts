import ApiKeysList from "./ApiKeysList";
import CheckApiKey from "./CheckApiKey";
import CheckTeamApiKey from "./CheckTeamApiKey";
import CreateApiKey from "./CreateApiKey";
import CreateTeamApiKey from "./CreateTeamApiKey";
import RevokeApiKey from "./RevokeApiKey";
import RevokeTeamApiKey from "./RevokeTeamApiKey";
import TeamApiKeysList from "./TeamApiKeysList";

export const samples = {
  ApiKeysList,
  CheckApiKey,
  CheckTeamApiKey,
  CreateApiKey,
  CreateTeamApiKey,
  RevokeApiKey,
  RevokeTeamApiKey,
  TeamApiKeysList,
};
