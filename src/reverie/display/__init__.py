"""What people see while work goes on: progress, a dashboard, logs, plots."""
