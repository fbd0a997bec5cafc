// ProbeEngine
