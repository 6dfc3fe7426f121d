/**
 * What a child process finds in its environment: the general wish not to be tracked, and the switches of programs that do
 * not honour it. Each is documented by the program that it is for.
 */
export const optOuts: Readonly<Record<string, string>> = {
  DO_NOT_TRACK: "1",
  VLLM_NO_USAGE_STATS: "1",
  VLLM_DO_NOT_TRACK: "1",
  RAY_USAGE_STATS_ENABLED: "0",
  HF_HUB_DISABLE_TELEMETRY: "1",
  DISABLE_TELEMETRY: "1",
  GRADIO_ANALYTICS_ENABLED: "False",
  STREAMLIT_BROWSER_GATHER_USAGE_STATS: "false",
  LITELLM_TELEMETRY: "False",
  ANONYMIZED_TELEMETRY: "False",
  HAYSTACK_TELEMETRY_ENABLED: "False",
  SCARF_ANALYTICS: "false",
  DOTNET_CLI_TELEMETRY_OPTOUT: "1",
  POWERSHELL_TELEMETRY_OPTOUT: "1",
  AZURE_CORE_COLLECT_TELEMETRY: "0",
  SAM_CLI_TELEMETRY: "0",
  NEXT_TELEMETRY_DISABLED: "1",
  HOMEBREW_NO_ANALYTICS: "1",
  CHECKPOINT_DISABLE: "1",
  NO_UPDATE_NOTIFIER: "1",
};
